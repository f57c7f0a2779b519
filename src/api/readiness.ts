import { db, publicClients } from 'ponder:api'
import schema from 'ponder:schema'
import { desc, eq, sql } from 'drizzle-orm'
import { principal } from './principal.ts'

const { timeline } = schema

/** The last block of the principal chain whose events are all indexed. Time in seconds. */
export interface IndexHead {
  blockNumber: bigint
  timestamp: bigint
}

/** A block as the index knows it. */
export interface IndexedBlock {
  blockNumber: bigint
  blockHash: string
}

/**
 * Reads how far the index has come on the principal chain from Ponder's checkpoint, of which each chain has one: a string of decimal fields, of which the first 10 digits
 * are the block's timestamp, the next 16 the chain id and the next 16 the block number (Ponder 0.16 `checkpoint.ts`).
 * Zeros before the first block is indexed.
 */
export async function indexHead(): Promise<IndexHead> {
  const { rows } = (await db.execute(
    sql`SELECT latest_checkpoint FROM _ponder_checkpoint WHERE chain_name = ${principal.network}`,
  )) as unknown as {
    rows: { latest_checkpoint: string }[]
  }
  const checkpoint = rows[0]?.latest_checkpoint
  if (!checkpoint) return { blockNumber: 0n, timestamp: 0n }
  return { timestamp: BigInt(checkpoint.slice(0, 10)), blockNumber: BigInt(checkpoint.slice(26, 42)) }
}

/** The block of the principal chain's latest event of a request that is indexed; null before the first one. */
export async function lastEvent(): Promise<IndexedBlock | null> {
  const [last] = await db
    .select({ blockNumber: timeline.blockNumber, blockHash: timeline.blockHash })
    .from(timeline)
    .where(eq(timeline.chainId, principal.chainId))
    .orderBy(desc(timeline.timestamp))
    .limit(1)
  return last ?? null
}

/** What `/readiness` answers. */
export interface Readiness {
  ready: boolean
  reason: string
  indexed: string
  head: string | null
}

/**
 * Whether answers can be relied on now: the principal chain can be reached, the index is at its head, and what it shows last is on
 * that chain (after a reorg deeper than Ponder's finality it would not be, and Ponder goes on as if nothing were). Ponder's
 * own `/ready` says yes once and for ever, also when its RPC has died since.
 *
 * @param lagBlocks how far behind the chain, or ahead of what the endpoints show, the index may be
 */
export async function readiness(lagBlocks: number): Promise<Readiness> {
  const { blockNumber } = await indexHead()
  const last = await lastEvent()
  const answer = (ready: boolean, reason: string, head: bigint | null): Readiness => ({
    ready,
    reason,
    indexed: String(blockNumber),
    head: head === null ? null : String(head),
  })
  const client = publicClients[principal.network]
  try {
    const head = await client.getBlockNumber({ cacheTime: 0 })
    if (blockNumber + BigInt(lagBlocks) < head)
      return answer(false, `the index is ${head - blockNumber} blocks behind`, head)
    if (head + BigInt(lagBlocks) < blockNumber)
      return answer(false, `the RPC endpoints are ${blockNumber - head} blocks behind the index`, head)
    if (last) {
      const block = await client.getBlock({ blockNumber: last.blockNumber })
      if (block.hash !== last.blockHash)
        return answer(false, `block ${last.blockNumber} is another one on the chain; re-index if this stays`, head)
    }
    return answer(true, 'the index is at the head of the chain', head)
  } catch {
    return answer(false, 'the chain cannot be reached', null)
  }
}
