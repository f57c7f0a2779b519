import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { sql } from 'drizzle-orm'
import { observationKey } from '../../../protocol/observation.ts'
import type { JournalReader } from '../journal.ts'
import { type ResultStatus, resultStatus, type SettledFacts } from './status.ts'

const { result } = schema

/**
 * Reads what a status is made of, and nothing large: built once, since most of the time of so small a query is building it.
 * Each row as one text: to map columns takes Drizzle longer than all the rest.
 */
const facts = db
  .select({
    row: sql<string>`json_build_array(${result.id}, ${result.network}, ${result.chainId},
      ${result.requestId}, ${result.modelId}, ${result.nodeId},
      ${result.outputHash}, ${result.status}, ${result.windowEnd}::text, ${result.postedAt}::text, ${result.settledAt}::text,
      ${result.blockNumber}::text, ${result.blockHash}, ${result.transactionHash}, ${result.logIndex})::text`,
  })
  .from(result)
  .where(sql`${result.id} = any(${sql.placeholder('ids')})`)
  .prepare('gainsay_status')

/** A result's facts, and the event that posted it. */
type Posted = SettledFacts & { chainId: number; blockHash: string; transactionHash: string; logIndex: number }

function postedOf(text: string): Posted {
  const [id, network, chainId, requestId, modelId, nodeId, outputHash, status, ...rest] = JSON.parse(text)
  const [windowEnd, postedAt, settledAt, blockNumber, blockHash, transactionHash, logIndex] = rest
  return {
    ...{ id, network, chainId, requestId, modelId, nodeId, outputHash, status, blockHash, transactionHash, logIndex },
    ...{ windowEnd: BigInt(windowEnd), postedAt: BigInt(postedAt), blockNumber: BigInt(blockNumber) },
    settledAt: settledAt === null ? null : BigInt(settledAt),
  }
}

/** Reads statuses by id, in the order of the ids, with two queries; null for what the index does not know. */
export function statusLoader(journal: JournalReader) {
  return async (ids: readonly string[]): Promise<(ResultStatus | null)[]> => {
    const rows = (await facts.execute({ ids: [...ids] })).map(({ row }) => postedOf(row))
    const verdicts = await journal.verdictKinds(rows.map((row) => observationKey(row)))
    const found = new Map(rows.map((row, i) => [row.id, resultStatus(row, verdicts[i] ?? null)]))
    return ids.map((id) => found.get(id) ?? null)
  }
}
