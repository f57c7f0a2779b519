import type { Chain } from '../chain/connect.ts'
import type { IndexView } from './index-client.ts'

/** What the chain shows of the blocks that an index names. */
export interface Seen {
  /** the chain's head; the index may be about it or not */
  head: bigint
  /** Unix seconds of the block at the index's head; null when the chain has none there */
  headTimestamp: bigint | null
  /** hash of the block of the index's last event; null when the chain has none there, or the index names none */
  lastEventHash: string | null
}

/** Why an index is not to be acted upon: `behind` passes by itself, and `wrong` is not even to be learned from. */
export interface Distrust {
  kind: 'behind' | 'wrong'
  reason: string
}

/** Compares an index with the chain. Pure. */
export function judgeIndex(
  view: Omit<IndexView, 'results'>,
  chain: Pick<Chain, 'chainId' | 'contract'>,
  seen: Seen,
  lagBlocks: number,
): Distrust | null {
  const wrong = (reason: string): Distrust => ({ kind: 'wrong', reason })
  const { blockNumber, timestamp, lastEvent } = view
  const lag = BigInt(lagBlocks)
  if (view.chainId !== chain.chainId || view.contract !== chain.contract)
    return wrong(
      `the index follows ${view.contract} on chain ${view.chainId}, not ${chain.contract} on chain ${chain.chainId}`,
    )
  if (blockNumber > seen.head + lag)
    return wrong('the index is ahead of the chain: the RPC endpoints are behind, or the index is of another fork')
  const another = wrong('the chain has other blocks than the index: it lags behind a reorg, or must be re-indexed')
  if (lastEvent && lastEvent.blockNumber <= seen.head && seen.lastEventHash !== lastEvent.blockHash) return another
  if (blockNumber + lag < seen.head)
    return { kind: 'behind', reason: `the index is more than ${lagBlocks} blocks behind the chain` }
  // Ponder keeps no hash of a block without events; its second tells forks apart that were mined at other times.
  if (blockNumber <= seen.head && seen.headTimestamp !== timestamp) return another
  return null
}
