import type { Hex } from 'viem'
import type { Journal } from '../../journal/open.ts'
import { recordOperatorGraph, type ShownOperator } from '../../journal/operator-graph.ts'
import { previewsOf, recordPreviews } from '../../journal/previews.ts'
import {
  endAction,
  intend,
  recordAttempt,
  recordFinding,
  recordObservation,
  recordProvability,
  updateAttempt,
} from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { observationKey } from '../../protocol/observation.ts'
import type { IndexProcess } from '../index/support/index-process.ts'
import { type Stage, sha256 } from '../index/support/stage.ts'
import { evil, float32, megabyte } from './wares.ts'

/** What a watcher could have written about three results, one of them with texts of a megabyte. */
export async function fillJournal(
  journal: Journal,
  stage: Stage,
  index: IndexProcess,
  { convicted, valid, hostile, modelHash }: { convicted: Hex; valid: Hex; hostile: Hex; modelHash: Hex },
): Promise<void> {
  const base = {
    step: null,
    output: null,
    distance: null,
    tolerance: null,
    reason: null,
    evidence: null,
    retryAt: null,
  }
  const runtimes = JSON.stringify(['onnxruntime-node 1.30.0', 'onnxruntime-web 1.30.0 (wasm), fresh process'])

  const good = await observe(journal, stage, index, valid)
  const judged = { runtimes, ms: 12, judgedAt: 1_700_000_000_000 }
  await recordVerdict(journal, {
    ...base,
    ...judged,
    observationKey: good,
    kind: 'valid',
    step: 'bytes',
    distance: 0,
    tolerance: 1e-5,
  })

  const bad = await observe(journal, stage, index, convicted)
  const evidence = {
    output: 'probabilities',
    kind: 'distance',
    distance: 0.89,
    tolerance: 1e-5,
    envelope: 3e-7,
    at: 3,
    posted: '0.9',
    replayed: '0.01',
  }
  await recordVerdict(journal, {
    ...{ ...base, ...judged, observationKey: bad, kind: 'invalid', step: 'second', output: 'probabilities' },
    ...{ distance: 0.89, tolerance: 1e-5, evidence: JSON.stringify(evidence) },
  })
  const sides = {
    posted: new Map([['probabilities', float32([1, 10], (i) => (i === 3 ? 0.9 : 0.01 * i))]]),
    replayed: new Map([['probabilities', float32([1, 10], (i) => (i === 3 ? 0.01 : 0.01 * i))]]),
  }
  await recordPreviews(journal, bad, previewsOf(bad, sides, { output: 'probabilities', at: 3 }))
  await recordFinding(journal, {
    ...{
      observationKey: bad,
      kind: 'provable',
      claim: 'element',
      operator: 'Softmax',
      entry: 4,
      element: 3,
      foundAt: 1,
    },
    ...{ reason: 'element 3 of "probabilities" (Softmax)', proof: '0x70726f6f66', salt: '0x73616c74' },
  })
  const shown = ['Conv', 'Relu', 'Gemm', 'Softmax'].map(
    (type, i): ShownOperator => ({ type, name: `${type}_${i}`, inputs: [i], first: i + 1, outputs: 1, provable: true }),
  )
  await recordOperatorGraph(journal, { modelHash, operators: 4, shown: JSON.stringify(shown) })
  await recordProvability(journal, {
    ...{
      modelHash,
      graphRoot: sha256('graph'),
      provable: 1,
      problems: '[]',
      operators: 4,
      largestDot: 27,
      checkedAt: 3,
    },
  })
  const action = await intend(
    journal,
    {
      ...{ key: `challenge:${bad}`, kind: 'challenge', observationKey: bad, resultId: convicted, value: '500' },
      ...{
        deadline: null,
        reason: 'invalid: probabilities',
        worth: null,
        objection: null,
        stalledSince: null,
        stoppedAt: null,
      },
    },
    5,
  )
  const hash = sha256('a transaction of ours')
  await recordAttempt(journal, { hash, actionId: action.id, sender: stage.cast.watcher, nonce: 1, raw: '0x' }, 6)
  await updateAttempt(journal, hash, { state: 'mined', blockNumber: 7, blockHash: '0x07', gasPaid: '64765484238847' })
  await endAction(journal, action.id, 'done', 'it is on chain', 8)

  const worst = await observe(journal, stage, index, hostile)
  await recordVerdict(journal, {
    ...{
      ...base,
      ...judged,
      observationKey: worst,
      kind: 'invalid',
      step: 'second',
      output: megabyte,
      distance: 1,
      tolerance: 0.5,
    },
    evidence: JSON.stringify({ ...evidence, output: megabyte, kind: megabyte, posted: megabyte, replayed: evil.name }),
    runtimes: JSON.stringify([megabyte]),
  })
  await recordFinding(journal, {
    ...{
      observationKey: worst,
      kind: 'unprovable',
      claim: null,
      operator: megabyte,
      entry: 1,
      element: null,
      foundAt: 1,
    },
    ...{ reason: megabyte, proof: null, salt: null },
  })
  const tensors = new Map([[evil.name, float32([70], (i) => (i === 9 ? Number.NaN : i))]])
  await recordPreviews(
    journal,
    worst,
    previewsOf(worst, { posted: tensors, replayed: tensors }, { output: evil.name, at: 9 }).map((row) => ({
      ...row,
      name: megabyte,
    })),
  )
  const named = [{ type: megabyte, name: megabyte, inputs: [0], first: 1, outputs: 1, provable: false }]
  // The hostile model shares its file's hash with the others, so a graph of hostile names has a file of its own.
  await recordOperatorGraph(journal, { modelHash: sha256('hostile file'), operators: 1, shown: JSON.stringify(named) })
}

async function observe(journal: Journal, { chainId }: Stage, index: IndexProcess, resultId: Hex): Promise<string> {
  const { result } = await index.ask<{
    result: {
      blockNumber: string
      blockHash: Hex
      transactionHash: Hex
      logIndex: number
      request: { id: Hex }
      model: { id: Hex }
      node: { id: Hex }
    }
  }>(
    `{ result(id: "${resultId}") { blockNumber blockHash transactionHash logIndex request { id } model { id } node { id } } }`,
  )
  const key = observationKey({ ...result, chainId })
  const { blockHash, request, model, node } = result
  const about = { resultId, requestId: request.id, modelId: model.id, node: node.id, settlement: null }
  await recordObservation(journal, { key, ...about, blockNumber: Number(result.blockNumber), blockHash }, 1)
  return key
}
