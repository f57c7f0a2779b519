import { pino } from 'pino'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Journal } from '../../journal/open.ts'
import { previewsOf, recordPreviews } from '../../journal/previews.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { recordWalked } from '../../journal/recorded.ts'
import { attesterOf } from '../../keys/attester.ts'
import { observationKey } from '../../protocol/observation.ts'
import { type Attesting, intendAttestations, noteResults, signAttestations } from '../../watcher/attest.ts'
import type { IndexProcess } from '../index/support/index-process.ts'
import { type Stage, sha256 } from '../index/support/stage.ts'
import { volatility } from './opengradient.ts'
import { evil, float32, megabyte } from './wares.ts'

interface Shown {
  id: Hex
  externalId: string
  postedAt: string
  blockNumber: string
  blockHash: Hex
  transactionHash: Hex
  logIndex: number
  outputHash: Hex
  model: { id: Hex }
  request: { inputHash: Hex }
}

const QUERY = `{ results(where: { network: opengradient }, first: 100) { items {
  id externalId postedAt blockNumber blockHash transactionHash logIndex outputHash model { id } request { inputHash } } } }`

const JUDGED = { ms: 12, judgedAt: 1_700_000_000_000, output: null, distance: null, tolerance: null }
const UNTOLD = { step: null, runtimes: '[]', evidence: null, retryAt: null }
const NOT_REPLAYED = 'not replayed: it rests on a zero-knowledge proof, which its event does not carry'

/**
 * What a watcher could have written about OpenGradient's results: verdicts of each kind, one of them with a megabyte of
 * text, and signed attestations of two.
 *
 * @returns ids by the network's own names
 */
export async function fillOpenGradient(
  journal: Journal,
  stage: Stage,
  index: IndexProcess,
): Promise<ReadonlyMap<string, Hex>> {
  const { items } = (await index.ask<{ results: { items: Shown[] } }>(QUERY)).results
  const about = new Map(items.map((one) => [one.externalId, one]))
  const of = (name: string) => about.get(name) as Shown
  const keyOf = (name: string) => observationKey({ ...of(name), chainId: stage.chainId })
  const latest = items[0] as Shown
  const rows = items.map((one) => ({
    ...{ key: keyOf(one.externalId), resultId: one.id, requestId: one.id, modelId: one.model.id, node: '' },
    ...{ blockNumber: Number(one.blockNumber), blockHash: one.blockHash, network: 'opengradient' as const, dueAt: 1 },
  }))
  const place = { postedAt: Number(latest.postedAt), blockNumber: Number(latest.blockNumber), resultId: latest.id }
  await recordWalked(journal, rows, { network: 'opengradient', ...place, blockHash: latest.blockHash }, 1)

  const runtimes = JSON.stringify(['onnxruntime-node 1.30.0', 'onnxruntime-web 1.30.0 (wasm), fresh process'])
  const verdict = { ...JUDGED, ...UNTOLD, reason: null, network: 'opengradient' as const }
  const attesting = attestingOn(journal, stage)
  for (const name of ['repeated', 'scheduled 1'])
    await noteResults(attesting, [
      {
        ...{ ...of(name), key: keyOf(name), network: 'opengradient', chainId: stage.chainId },
        ...{ blockNumber: Number(of(name).blockNumber), resultId: of(name).id, modelHash: sha256('its file') },
        ...{ inputHash: of(name).request.inputHash, precision: 'fp32' },
      },
    ])
  await Promise.all([
    recordVerdict(journal, {
      ...{ ...verdict, runtimes, observationKey: keyOf('repeated'), kind: 'valid', step: 'distance' },
      ...{ output: 'volatility', distance: 2.4e-8, tolerance: 1e-5 },
    }),
    recordVerdict(journal, {
      ...{ ...verdict, runtimes, observationKey: keyOf('scheduled 1'), kind: 'invalid', step: 'second' },
      ...{ output: 'volatility', distance: 0.0079, tolerance: 1e-5 },
      evidence: JSON.stringify({
        ...{ output: 'volatility', kind: 'distance', distance: 0.0079, tolerance: 1e-5, envelope: 4e-8 },
        ...{ at: 3, posted: '0.0161', replayed: '0.024' },
      }),
    }),
    recordVerdict(journal, {
      ...verdict,
      observationKey: keyOf('scheduled 0'),
      kind: 'valid',
      step: 'bytes',
      runtimes,
    }),
    recordVerdict(journal, { ...verdict, observationKey: keyOf('zkml'), kind: 'undetermined', reason: NOT_REPLAYED }),
    recordVerdict(journal, { ...verdict, observationKey: keyOf('unfilled'), kind: 'undetermined', reason: megabyte }),
    recordVerdict(journal, {
      ...{ ...verdict, observationKey: keyOf(evil.name), kind: 'undetermined' },
      reason: `the input ${JSON.stringify(evil.name)} cannot be read as float32`,
    }),
  ])
  const sides = {
    posted: new Map([['volatility', float32([1, 10], (i) => volatility(2, i))]]),
    replayed: new Map([['volatility', float32([1, 10], (i) => volatility(i === 3 ? 4 : 2, i))]]),
  }
  const key = keyOf('scheduled 1')
  await recordPreviews(journal, key, previewsOf(key, sides, { output: 'volatility', at: 3 }))
  await intendAttestations(attesting)
  await signAttestations(attesting)
  return new Map(items.map(({ externalId, id }) => [externalId, id]))
}

/** The real step that attests, on the stage's chain. */
function attestingOn(journal: Journal, { client }: Stage): Attesting {
  const account = privateKeyToAccount(`0x${'42'.repeat(32)}`)
  const chain = {
    head: () => client.getBlockNumber({ cacheTime: 0 }),
    hashAt: async (blockNumber: bigint) => (await client.getBlock({ blockNumber })).hash,
  }
  return {
    ...{ journal, attester: attesterOf(account), log: pino({ level: 'silent' }), clock: () => 1_700_000_100_000 },
    ...{ depth: 0, engine: 'gainsay 0.1.0', chains: { opengradient: chain } },
  }
}
