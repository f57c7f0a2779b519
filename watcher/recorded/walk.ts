import { markVanished } from '../../journal/queries.ts'
import { type RecordedObservation, recordedSince, recordWalked, type Walk, walkOf } from '../../journal/recorded.ts'
import type { NetworkName } from '../../networks/network.ts'
import { observationKey } from '../../protocol/observation.ts'
import { REORG_BLOCKS } from '../collect.ts'
import type { Following } from '../context.ts'
import { askRecorded, type From, type SeenResult } from './ask.ts'

/**
 * Learns from the index which results a network without challenges has recorded, oldest first, and enters each in the
 * journal to be judged. A page at a time, so that a backlog of a million is never in memory; how far it came is in the
 * journal. It goes back by the depth of a reorg when it starts, and when the last result that it saw is not there any more.
 *
 * @returns to be called again and again; each call goes on to the end of what is indexed. It throws IndexError when the
 * index cannot be asked
 */
export function walker(
  it: Pick<Following, 'journal' | 'config' | 'clock'>,
  network: NetworkName,
  signal: AbortSignal,
): () => Promise<void> {
  const { journal, config, clock } = it
  // Nobody knows what happened while this process was not there.
  let again = true
  /** what was there before the walk went back, by key: with its block */
  const missing = new Map<string, number>()

  return async () => {
    const last = await walkOf(journal, network)
    const from = again ? fromBlock(last) : last && { postedAt: BigInt(last.postedAt) }
    if (again && last)
      for (const { key, blockNumber } of await recordedSince(journal, network, last.blockNumber - REORG_BLOCKS))
        missing.set(key, blockNumber)
    const { isThere, highest } = await walk(from, again ? undefined : last)
    // What went on to the end has seen all that there is; whatever of an older block it did not see is gone.
    for (const [key, blockNumber] of missing) {
      if (blockNumber > highest) continue
      await markVanished(journal, key, clock())
      missing.delete(key)
    }
    again = !isThere
  }

  /** @param last what must still be there, at the beginning; undefined where that is not known */
  async function walk(from: From | undefined, last: Walk | undefined) {
    let isThere = last === undefined
    let highest = -1
    let after: string | null = null
    do {
      const { items, endCursor } = await askRecorded(config.apiUrl, { network, from, after })
      if (last) isThere ||= items.some(({ id, blockHash }) => id === last.resultId && blockHash === last.blockHash)
      const rows = items.map((one) => observed(one, clock()))
      for (const { key } of rows) missing.delete(key)
      const end = items.at(-1)
      if (end) {
        highest = Number(end.blockNumber)
        await recordWalked(journal, rows, placeOf(end), clock())
      }
      after = endCursor
    } while (after !== null && !signal.aborted)
    return { isThere: isThere || signal.aborted, highest: signal.aborted ? -1 : highest }
  }
}

function fromBlock(last: Walk | undefined): From | undefined {
  return last && { blockNumber: BigInt(Math.max(0, last.blockNumber - REORG_BLOCKS)) }
}

function observed(one: SeenResult, now: number): RecordedObservation {
  return {
    key: observationKey(one),
    // Request and result of one event share an id.
    ...{ resultId: one.id, requestId: one.id, modelId: one.model.id, node: '', network: one.network },
    ...{ blockNumber: Number(one.blockNumber), blockHash: one.blockHash, dueAt: now },
  }
}

function placeOf(one: SeenResult): Walk {
  return {
    ...{ network: one.network, postedAt: Number(one.postedAt), blockNumber: Number(one.blockNumber) },
    ...{ resultId: one.id, blockHash: one.blockHash },
  }
}
