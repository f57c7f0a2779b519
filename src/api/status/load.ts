import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { sql } from 'drizzle-orm'
import { observationKey } from '../../../protocol/observation.ts'
import type { JournalReader } from '../journal.ts'
import { type ResultStatus, resultStatus } from './status.ts'

const { result } = schema

/** Reads what a status is made of, and nothing large: built once, since most of the time of so small a query is building it. */
const facts = db
  .select({
    ...{ id: result.id, network: result.network, chainId: result.chainId },
    ...{ requestId: result.requestId, modelId: result.modelId, nodeId: result.nodeId },
    ...{ outputHash: result.outputHash, status: result.status, windowEnd: result.windowEnd },
    ...{ postedAt: result.postedAt, settledAt: result.settledAt, blockNumber: result.blockNumber },
    ...{ blockHash: result.blockHash, transactionHash: result.transactionHash, logIndex: result.logIndex },
  })
  .from(result)
  .where(sql`${result.id} = any(${sql.placeholder('ids')})`)
  .prepare('gainsay_status')

/** Reads statuses by id, in the order of the ids, with two queries; null for what the index does not know. */
export function statusLoader(journal: JournalReader) {
  return async (ids: readonly string[]): Promise<(ResultStatus | null)[]> => {
    const rows = await facts.execute({ ids: [...ids] })
    const verdicts = await journal.verdictKinds(rows.map((row) => observationKey(row)))
    const found = new Map(rows.map((row, i) => [row.id as string, resultStatus(row, verdicts[i] ?? null)]))
    return ids.map((id) => found.get(id) ?? null)
  }
}
