import { db, publicClients } from 'ponder:api'
import { sql } from 'drizzle-orm'

/** The last block whose events are all indexed. Time in seconds. */
export interface IndexHead {
  blockNumber: bigint
  timestamp: bigint
}

/** How far behind the chain the index may be, in blocks, to call itself ready. */
const MAX_LAG_BLOCKS = 5n

/**
 * Reads how far the index has come from Ponder's checkpoint: a string of decimal fields, of which the first 10 digits
 * are the block's timestamp, the next 16 the chain id and the next 16 the block number (Ponder 0.16 `checkpoint.ts`).
 * Zeros before the first block is indexed.
 */
export async function indexHead(): Promise<IndexHead> {
  const { rows } = (await db.execute(sql`SELECT latest_checkpoint FROM _ponder_checkpoint`)) as unknown as {
    rows: { latest_checkpoint: string }[]
  }
  const checkpoint = rows[0]?.latest_checkpoint
  if (!checkpoint) return { blockNumber: 0n, timestamp: 0n }
  return { timestamp: BigInt(checkpoint.slice(0, 10)), blockNumber: BigInt(checkpoint.slice(26, 42)) }
}

/**
 * Whether answers can be relied on now: the chain can be reached and the index is at its head. Ponder's own `/ready`
 * says yes once and for ever, also when its RPC has died since.
 */
export async function readiness(): Promise<{ ready: boolean; reason: string; indexed: string; head: string | null }> {
  const { blockNumber } = await indexHead()
  try {
    const head = await publicClients.gainsay.getBlockNumber({ cacheTime: 0 })
    const ready = blockNumber + MAX_LAG_BLOCKS >= head
    const reason = ready ? 'the index is at the head of the chain' : `the index is ${head - blockNumber} blocks behind`
    return { ready, reason, indexed: String(blockNumber), head: String(head) }
  } catch {
    return { ready: false, reason: 'the chain cannot be reached', indexed: String(blockNumber), head: null }
  }
}
