import { join } from 'node:path'
import type { Hex } from 'viem'
import { connect } from '../../../chain/connect.ts'
import { reconcile } from '../../../journal/ledger/reconcile.ts'
import { recordReconciliation } from '../../../journal/ledger/record.ts'
import { type Journal, openJournal } from '../../../journal/open.ts'
import {
  intend,
  recordAttempt,
  recordFinding,
  recordObservation,
  recordProvability,
  updateAttempt,
} from '../../../journal/queries.ts'
import { recordVerdict } from '../../../journal/record-verdict.ts'
import { observationKey } from '../../../protocol/observation.ts'
import { encodeTensors, type Tensor } from '../../../protocol/tensor.ts'
import { type IndexProcess, startIndex } from '../../index/support/index-process.ts'
import { type Played, playHistory, playLive } from '../../index/support/play.ts'
import { CHALLENGE_BOND, NOBODY, type Stage, sha256, startStage, WINDOW } from '../../index/support/stage.ts'

/** A whole history with the journal of a watcher beside it, who is `otherWatcher` of the cast. */
export interface ApiStage {
  stage: Stage
  index: IndexProcess
  played: Played
  journal: Journal
  /** a result whose input and output are tensors */
  tensors: { resultId: Hex; requestId: Hex }
  stop(): Promise<void>
}

/** One of each: integers that no double holds, and floats that no JSON holds. */
export const sent = {
  input: encode('x', { dtype: 'int64', dims: [2, 1], data: bytesOf(BigInt64Array.of(2n ** 62n + 1n, -3n)) }),
  output: encode('y', { dtype: 'float32', dims: [3], data: bytesOf(Float32Array.of(0.1, Number.NaN, -2)) }),
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function encode(name: string, tensor: Tensor): Hex {
  return `0x${Buffer.from(encodeTensors(new Map([[name, tensor]]))).toString('hex')}`
}

/** @param environment of the index */
export async function startApiStage(environment: Record<string, string> = {}): Promise<ApiStage> {
  const stage = await startStage()
  const played = await playHistory(stage)
  Object.assign(process.env, environment)
  const index = await startIndex(stage)
  for (const name of Object.keys(environment)) delete process.env[name]
  const journal = await openJournal(join(index.dataDir, 'journal.sqlite'))
  const me = stage.cast.otherWatcher
  const check = async () => {
    const { rpcUrl, chainId, contract } = stage
    const chain = await connect({ gainsay: { rpcUrls: [rpcUrl], chainId, contract } })
    await recordReconciliation(journal, await reconcile(journal, chain, me, 1), 1)
  }
  await check()
  await playLive(stage, played)
  const { move, cast } = stage
  const deadline = (await stage.now()) + BigInt(WINDOW)
  const payload = (data: Hex) => ({ hash: sha256(Buffer.from(data.slice(2), 'hex')), uri: '', data })
  const asked = [played.models.fp32, NOBODY, payload(sent.input), deadline] as const
  const requestId = await move(cast.requester, 'request', asked, 5n)
  const resultId = await move(cast.node, 'post', [requestId, payload(sent.output)])
  await index.reached(await stage.head())
  for (const fate of ['challenged', 'revealed', 'demanded', 'ruled'] as const)
    await journalAbout(stage, index, journal, played.results[fate] as Hex, fate !== 'ruled')
  await recordProvability(journal, {
    ...{ modelHash: sha256('model'), graphRoot: sha256('graph'), provable: 1, problems: '[]' },
    ...{ operators: 3, largestDot: 4, checkedAt: 1 },
  })
  await check()
  return {
    ...{ stage, index, played, journal, tensors: { resultId, requestId } },
    async stop() {
      await journal.destroy()
      await index.stop()
      await stage.stop()
    },
  }
}

interface Challenged {
  result: {
    blockNumber: string
    blockHash: Hex
    transactionHash: Hex
    logIndex: number
    node: { id: string }
    model: { id: string }
    request: { id: string }
    challenge: { transactionHash: Hex }
  }
}

/** What a watcher journals of a result that it found invalid, and challenged. */
async function journalAbout(stage: Stage, index: IndexProcess, journal: Journal, resultId: Hex, isOurs: boolean) {
  const { result } = await index.ask<Challenged>(
    `{ result(id: "${resultId}") { blockNumber blockHash transactionHash logIndex node { id } model { id } request { id } challenge { transactionHash } } }`,
  )
  const key = observationKey({ ...result, chainId: stage.chainId })
  const about = { requestId: result.request.id, modelId: result.model.id, node: result.node.id, settlement: null }
  const where = { blockNumber: Number(result.blockNumber), blockHash: result.blockHash }
  await recordObservation(journal, { key, resultId, ...about, ...where }, 1)
  const evidence = { output: 'y', kind: 'distance', distance: 2, tolerance: 1e-5, envelope: null, at: 0 }
  await recordVerdict(journal, {
    ...{ observationKey: key, kind: 'invalid', step: 'second', output: 'y', distance: 2, tolerance: 1e-5 },
    ...{ reason: null, evidence: JSON.stringify({ ...evidence, posted: '1', replayed: '3' }), runtimes: '["ort"]' },
    ...{ ms: 1, judgedAt: 1, retryAt: null },
  })
  const place = { kind: 'provable', claim: 'element', operator: 'MatMul', entry: 1, element: 2 } as const
  await recordFinding(journal, {
    ...{ observationKey: key, ...place, reason: 'beyond the bound', foundAt: 2 },
    ...{ proof: '0x5ec2e7', salt: '0x5a17' },
  })
  if (!isOurs) return
  const { transactionHash: hash } = result.challenge
  const plan = { observationKey: key, resultId, value: String(CHALLENGE_BOND), deadline: null, reason: 'it is invalid' }
  const action = await intend(journal, { ...plan, key: `challenge:${resultId}`, kind: 'challenge' }, 1)
  const { nonce, from } = await stage.client.getTransaction({ hash })
  await recordAttempt(journal, { hash, actionId: action.id, sender: from, nonce, raw: '0x5ec2e7' }, 1)
  const receipt = await stage.client.getTransactionReceipt({ hash })
  await updateAttempt(journal, hash, {
    ...{ state: 'mined', blockNumber: Number(receipt.blockNumber), blockHash: receipt.blockHash },
    gasPaid: String(receipt.gasUsed * receipt.effectiveGasPrice),
  })
}
