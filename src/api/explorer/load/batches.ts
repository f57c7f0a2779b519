import schema from 'ponder:schema'
import { observationKey } from '../../../../protocol/observation.ts'
import { shownAudit } from '../../graphql/audit.ts'
import type { TeeBatchRow } from '../../loaders.ts'
import type { PageContext } from '../context.ts'
import { type Listed, listed } from './listed.ts'

const { teeBatch } = schema

/** A batch of settled calls with what its audit showed; null where none was made. */
export interface AuditedBatch {
  readonly batch: TeeBatchRow
  readonly audit: ReturnType<typeof shownAudit>
}

/** Batches of settled calls, newest first. @param after where the page before said that it goes on */
export async function listBatches(context: PageContext, after: string | undefined): Promise<Listed<AuditedBatch>> {
  const order = { time: teeBatch.settledAt, id: teeBatch.id }
  const { items, next } = await listed<TeeBatchRow>(teeBatch, order, { after })
  return { items: await Promise.all(items.map((batch) => audited(context, batch))), next }
}

/** One batch; null when there is none with this id. */
export async function loadBatch(context: PageContext, id: string): Promise<AuditedBatch | null> {
  if (!/^0x[0-9a-f]{64}$/.test(id)) return null
  const batch = await context.loaders.teeBatch.load(id)
  return batch && audited(context, batch)
}

async function audited({ loaders }: PageContext, batch: TeeBatchRow): Promise<AuditedBatch> {
  return { batch, audit: shownAudit(await loaders.audit.load(observationKey(batch))) }
}
