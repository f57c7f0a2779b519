import type { PublicClient } from 'viem'
import type { Pin } from '../chain/rpc/agreed.ts'
import type { Watch } from './context.ts'
import { type Distrust, judgeIndex, type Seen } from './distrust.ts'
import type { IndexView } from './index-client.ts'

/** Where chain and index were in a round: what is not there any more in the next one was reorganised. */
export interface Mark {
  blockNumber: bigint
  blockHash: string
  indexed: Pick<IndexView, 'blockNumber' | 'lastEvent'>
}

/** Chain and index, side by side. */
export interface Compared {
  distrust: Distrust | null
  /** the block that the endpoints agree on; seconds */
  head: { number: bigint; timestamp: bigint }
  mark: Mark
  /** whether what the last mark names is gone */
  reorged: boolean
}

/**
 * Holds an index against the chain that the endpoints agree on, at one block: a few headers, whatever the history.
 *
 * @throws DisagreementError, EndpointsError when there is no chain to hold it against
 */
export async function compareWithChain(
  { chain, config }: Pick<Watch, 'chain' | 'config'>,
  view: IndexView,
  before: Mark | undefined,
): Promise<Compared> {
  const { blockNumber: indexed, lastEvent } = view
  const look = () =>
    chain.agreed(
      async (client, head, pin): Promise<Seen & { hash: string; timestamp: bigint; before: string | null }> => {
        const headerAt = headers(client, pin)
        const [atIndexed, atEvent, atMark] = await Promise.all([
          headerAt(indexed),
          lastEvent ? headerAt(lastEvent.blockNumber) : null,
          before ? headerAt(before.blockNumber) : null,
        ])
        return {
          ...{ head, hash: pin.blockHash, timestamp: pin.timestamp },
          headTimestamp: atIndexed?.timestamp ?? null,
          lastEventHash: atEvent?.hash ?? null,
          before: atMark?.hash ?? null,
        }
      },
    )
  let seen = await look()
  // What the endpoints showed a moment ago may just be older than what the index has.
  if (indexed > seen.head) {
    await chain.endpoints.refreshHeads(0)
    seen = await look()
  }
  const isBack = before && (indexed < before.indexed.blockNumber || eventsDiffer(before.indexed, view))
  return {
    distrust: judgeIndex(view, chain, seen, config.rpcLagBlocks),
    head: { number: seen.head, timestamp: seen.timestamp },
    mark: { blockNumber: seen.head, blockHash: seen.hash, indexed: { blockNumber: indexed, lastEvent } },
    // A pin behind the last one is another endpoint's head; only another hash at that height tells of a reorg.
    reorged:
      before !== undefined &&
      (Boolean(isBack) || (before.blockNumber <= seen.head && seen.before !== before.blockHash)),
  }
}

/** Headers by number, each asked for once; null beyond the head. */
function headers(client: PublicClient, { blockNumber: head, blockHash: hash, timestamp }: Pin) {
  const known = new Map<bigint, Promise<{ hash: string; timestamp: bigint }>>([
    [head, Promise.resolve({ hash, timestamp })],
  ])
  return async (blockNumber: bigint) => {
    if (blockNumber > head) return null
    const asked = known.get(blockNumber) ?? client.getBlock({ blockNumber })
    known.set(blockNumber, asked)
    const { hash, timestamp } = await asked
    return { hash, timestamp }
  }
}

/** Whether the index has taken back the event that was its latest. */
function eventsDiffer(before: Mark['indexed'], { lastEvent }: IndexView): boolean {
  if (!before.lastEvent) return false
  if (!lastEvent || lastEvent.blockNumber < before.lastEvent.blockNumber) return true
  return lastEvent.blockNumber === before.lastEvent.blockNumber && lastEvent.blockHash !== before.lastEvent.blockHash
}
