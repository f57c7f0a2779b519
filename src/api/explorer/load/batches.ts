import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, desc, eq, lt, or } from 'drizzle-orm'
import { observationKey } from '../../../../protocol/observation.ts'
import { shownAudit } from '../../graphql/audit.ts'
import type { TeeBatchRow } from '../../loaders.ts'
import type { PageContext } from '../context.ts'
import type { Listed } from './lists.ts'

const { teeBatch } = schema

const PAGE = 50

/** A batch of settled calls with what its audit showed; null where none was made. */
export interface AuditedBatch {
  readonly batch: TeeBatchRow
  readonly audit: ReturnType<typeof shownAudit>
}

/** Batches of settled calls, newest first. @param after `second.id` of the last one before */
export async function listBatches({ loaders }: PageContext, after: string | undefined): Promise<Listed<AuditedBatch>> {
  const [, second, id] = /^(\d{1,20})\.(0x[0-9a-f]{64})$/.exec(after ?? '') ?? []
  const at = BigInt(second ?? 0)
  const rows = await db
    .select()
    .from(teeBatch)
    .where(
      id
        ? or(lt(teeBatch.settledAt, at), and(eq(teeBatch.settledAt, at), lt(teeBatch.id, id as `0x${string}`)))
        : undefined,
    )
    .orderBy(desc(teeBatch.settledAt), desc(teeBatch.id))
    .limit(PAGE + 1)
  const items = await Promise.all(
    rows
      .slice(0, PAGE)
      .map(async (batch) => ({ batch, audit: shownAudit(await loaders.audit.load(observationKey(batch))) })),
  )
  const last = rows.length > PAGE ? items.at(-1) : undefined
  return { items, next: last && `${last.batch.settledAt}.${last.batch.id}` }
}

/** One batch; null when there is none with this id. */
export async function loadBatch({ loaders }: PageContext, id: string): Promise<AuditedBatch | null> {
  if (!/^0x[0-9a-f]{64}$/.test(id)) return null
  const batch = await loaders.teeBatch.load(id)
  return batch && { batch, audit: shownAudit(await loaders.audit.load(observationKey(batch))) }
}
