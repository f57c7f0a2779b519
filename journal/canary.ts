import { createHmac, randomBytes } from 'node:crypto'
import type { Insertable, Selectable, Updateable } from 'kysely'
import type { CanarySendTable, CanaryStep, CanaryTable } from './canary-tables.ts'
import type { Journal } from './open.ts'

/** A canary as the journal has it. */
export type Canary = Selectable<CanaryTable>
/** One of its transactions. */
export type CanarySend = Selectable<CanarySendTable>

/** The canary that is not settled, or of which nobody was told how it ended; at most one ever is. */
export function openCanary(journal: Journal): Promise<Canary | undefined> {
  return journal.selectFrom('canary').selectAll().where('reportedAt', 'is', null).orderBy('id').executeTakeFirst()
}

/** The latest canary; undefined before the first. */
export function lastCanary(journal: Journal): Promise<Canary | undefined> {
  return journal.selectFrom('canary').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst()
}

/** Records the intent of a canary; from here on it goes on after any restart. */
export function intendCanary(journal: Journal, row: Insertable<CanaryTable>): Promise<Canary> {
  return journal.insertInto('canary').values(row).returningAll().executeTakeFirstOrThrow()
}

/** Notes what became of a canary. */
export async function noteCanary(journal: Journal, id: number, change: Updateable<CanaryTable>): Promise<void> {
  await journal.updateTable('canary').set(change).where('id', '=', id).execute()
}

/** Its transactions, of one step or all, oldest first. */
export function sendsOf(journal: Journal, canaryId: number, step?: CanaryStep): Promise<CanarySend[]> {
  const all = journal.selectFrom('canarysend').selectAll().where('canaryId', '=', canaryId).orderBy('at')
  return (step ? all.where('step', '=', step) : all).execute()
}

/** Records a signed transaction, before it is broadcast. */
export async function recordSend(journal: Journal, row: CanarySend): Promise<void> {
  await journal
    .insertInto('canarysend')
    .values(row)
    .onConflict((c) => c.column('hash').doNothing())
    .execute()
}

/** Notes how transactions ended. */
export async function noteSend(journal: Journal, hash: string, change: Updateable<CanarySendTable>): Promise<void> {
  await journal.updateTable('canarysend').set(change).where('hash', '=', hash).execute()
}

/** Wei that canaries begun since a moment cost: what they did, or while they are open, what they cost at most. */
export async function canaryCostSince(journal: Journal, since: number): Promise<bigint> {
  const rows = await journal.selectFrom('canary').select(['cost', 'worst']).where('createdAt', '>=', since).execute()
  return rows.reduce((wei, { cost, worst }) => wei + BigInt(cost ?? worst), 0n)
}

/**
 * Secret bytes of this journal's own that are the same for the same name: when the next canary comes and what it asks for
 * can be told by nobody else, and by us after a restart.
 */
export async function canarySecret(journal: Journal): Promise<(name: string) => Buffer> {
  await journal
    .insertInto('secret')
    .values({ name: 'canarySeed', value: randomBytes(32).toString('hex') })
    .onConflict((c) => c.column('name').doNothing())
    .execute()
  const { value } = await journal
    .selectFrom('secret')
    .select('value')
    .where('name', '=', 'canarySeed')
    .executeTakeFirstOrThrow()
  return (name) => createHmac('sha256', Buffer.from(value, 'hex')).update(name).digest()
}
