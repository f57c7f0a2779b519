import type { Hex } from 'viem'
import type { Status } from '../../protocol/status.ts'

/** What the row functions need of a Ponder event: where in the chain it stands and who caused it. */
export interface ChainEvent {
  readonly log: { readonly logIndex: number }
  readonly block: { readonly number: bigint; readonly hash: Hex; readonly timestamp: bigint }
  readonly transaction: { readonly hash: Hex; readonly from: Hex }
}

/**
 * Names one event of one block: a reorg that brings the same log back in another block makes another id.
 * Rows that have no natural key (payouts, timeline entries) are keyed by it.
 */
export function eventId(event: ChainEvent): string {
  return `${event.block.hash}-${event.log.logIndex}`
}

/** The timeline entry of one state change on a chain. */
export function timelineEntry(
  chainId: number,
  event: ChainEvent,
  change: { requestId: Hex; resultId: Hex | null; from: Status; to: Status },
) {
  return {
    id: eventId(event),
    chainId,
    ...change,
    actorId: event.transaction.from,
    timestamp: event.block.timestamp,
    blockNumber: event.block.number,
    blockHash: event.block.hash,
    transactionHash: event.transaction.hash,
    logIndex: event.log.logIndex,
  }
}
