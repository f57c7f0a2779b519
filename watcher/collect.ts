import {
  markVanished,
  type Observation,
  openObservations,
  recentlySettled,
  recordObservation,
} from '../journal/queries.ts'
import { observationKey } from '../protocol/observation.ts'
import { isSettled } from '../protocol/status.ts'
import { compareWithChain, type Mark } from './compare.ts'
import type { Watch } from './context.ts'
import {
  askIndex,
  askOpenRequests,
  IndexError,
  type IndexedRequest,
  type IndexedResult,
  type IndexView,
} from './index-client.ts'

/** A result that the index shows now, with the observation that the journal keeps of it. */
export interface Collected {
  key: string
  result: IndexedResult
}

/** What one round works with. */
export interface Collection {
  /** results that are not settled */
  open: Collected[]
  /** requests that nobody has answered */
  requests: IndexedRequest[]
  view: IndexView
  /** the chain's latest block that the endpoints agree on; seconds. Deadlines are judged by it */
  head: { number: bigint; timestamp: bigint }
  /** why nothing may be sent in this round; null when the index can be acted upon */
  distrust: string | null
  /** whether the chain may have been reorganised since the last round: what had settled is to be looked at again */
  reorged: boolean
}

/** Results deeper than this many blocks cannot be undone by a reorg that the index would notice. */
export const REORG_BLOCKS = 256

/**
 * Learns from the index which results there are, and brings the journal's observations in line: new ones recorded,
 * settled ones closed, those that a reorg took away marked vanished, and those it brought back opened again. What has
 * settled is only asked for again after a reorg, so that a round costs as much as is open, however long the history.
 *
 * @returns to be called once a round. It throws IndexError when the index cannot be asked, or is not of this chain
 */
export function collector(it: Pick<Watch, 'journal' | 'config' | 'clock' | 'chain'>): () => Promise<Collection> {
  const { journal, config, clock } = it
  let mark: Mark | undefined
  // Nobody knows what happened while this process was not there.
  let recheckUntil: bigint | null = 0n
  return async () => {
    const requests = await askOpenRequests(config.apiUrl)
    const view = await askIndex(config.apiUrl, { status: ['posted', 'challenged', 'revealed'] })
    const compared = await compareWithChain(it, view, mark)
    if (compared.distrust?.kind === 'wrong')
      throw new IndexError(`The index at ${config.apiUrl} cannot be relied on: ${compared.distrust.reason}.`)
    // The index may notice a reorg later than we do.
    if (compared.reorged) recheckUntil = compared.mark.blockNumber
    mark = compared.mark
    const recheck = recheckUntil !== null
    const open = view.results.map((result) => ({ key: keyOf(view.chainId, result), result }))
    await bringInLine(open, view, recheck)
    if (recheckUntil !== null && view.blockNumber > recheckUntil) recheckUntil = null
    const { head } = compared
    return { open, requests, view, head, distrust: compared.distrust?.reason ?? null, reorged: recheck }
  }

  async function bringInLine(open: readonly Collected[], view: IndexView, recheck: boolean): Promise<void> {
    const shown = new Map(open.map(({ key, result }) => [key, result]))
    const since = Math.max(0, Number(view.blockNumber) - REORG_BLOCKS)
    const known = [...(await openObservations(journal)), ...(recheck ? await recentlySettled(journal, since) : [])]
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
  }
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
