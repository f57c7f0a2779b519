import {
  markVanished,
  type Observation,
  openObservations,
  recentlySettled,
  recordObservation,
} from '../journal/queries.ts'
import { observationKey } from '../protocol/observation.ts'
import { isSettled } from '../protocol/status.ts'
import type { Watch } from './context.ts'
import { askIndex, askOpenRequests, type IndexedRequest, type IndexedResult, type IndexView } from './index-client.ts'

/** A result that the index shows now, with the observation that the journal keeps of it. */
export interface Collected {
  key: string
  result: IndexedResult
}

/** Results deeper than this many blocks cannot be undone by a reorg that the index would notice. */
export const REORG_BLOCKS = 256

/**
 * Learns from the index which results there are, and brings the journal's observations in line: new ones recorded,
 * settled ones closed, those that a reorg took away marked vanished, and those it brought back opened again.
 *
 * @returns the results that the index shows and that are not settled, and the requests that nobody has answered
 * @throws IndexError when the index cannot be asked
 */
export async function collect({
  journal,
  config,
  clock,
}: Watch): Promise<{ open: Collected[]; requests: IndexedRequest[]; view: IndexView }> {
  const requests = await askOpenRequests(config.apiUrl)
  const view = await askIndex(config.apiUrl, { status: ['posted', 'challenged', 'revealed'] })
  const open = view.results.map((result) => ({ key: keyOf(view.chainId, result), result }))
  const shown = new Map(open.map(({ key, result }) => [key, result]))

  const since = Math.max(0, Number(view.blockNumber) - REORG_BLOCKS)
  const known = [...(await openObservations(journal)), ...(await recentlySettled(journal, since))]
  // What the journal knows and the list of open results lacks has settled, or vanished: ask for it by id.
  const missing = known.filter((observation) => !shown.has(observation.key))
  for (const batch of batches([...new Set(missing.map((observation) => observation.resultId))], 200)) {
    const answer = await askIndex(config.apiUrl, { ids: batch })
    for (const result of answer.results) shown.set(keyOf(view.chainId, result), result)
  }

  for (const observation of missing) {
    if (shown.has(observation.key)) continue
    // An index that is still catching up does not know the block yet; that is no reorg.
    if (BigInt(observation.blockNumber) <= view.blockNumber) await markVanished(journal, observation.key, clock())
  }
  const before = new Map(known.map((observation) => [observation.key, observation]))
  for (const [key, result] of shown) await noteChange(journal, before.get(key), key, result, clock())
  return { open, requests, view }
}

async function noteChange(
  journal: Watch['journal'],
  before: Observation | undefined,
  key: string,
  result: IndexedResult,
  now: number,
): Promise<void> {
  const settlement = isSettled(result.status) ? result.status : null
  if (before && before.settlement === settlement) return
  await recordObservation(
    journal,
    {
      key,
      resultId: result.id,
      requestId: result.request.id,
      modelId: result.model.id,
      node: result.node.id,
      blockNumber: Number(result.blockNumber),
      blockHash: result.blockHash,
      settlement,
    },
    now,
  )
}

function keyOf(chainId: number, result: IndexedResult): string {
  return observationKey({ ...result, chainId })
}

function batches<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
