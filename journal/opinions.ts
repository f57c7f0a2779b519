import { type Selectable, sql } from 'kysely'
import type { Journal } from './open.ts'
import type { OpinionTable } from './tables.ts'

/** How many results were seen on a day, and what was concluded of them. */
export type OpinionDay = Omit<Selectable<OpinionTable>, 'modelId' | 'node'>

/** Milliseconds of a UTC day. */
const DAY = 86_400_000

/** UTC days since 1970-01-01, both included. */
export interface Days {
  from: number
  to: number
}

/** What was thought of the results first seen on each of these days, oldest first; of one model or node where one is named. */
export function opinionDays(
  journal: Journal,
  { from, to }: Days,
  { modelId, nodeId }: { modelId?: string | null; nodeId?: string | null } = {},
): Promise<OpinionDay[]> {
  const sum = (column: 'observed' | 'valid' | 'invalid' | 'undetermined') =>
    sql<number>`sum(${sql.ref(column)})`.as(column)
  let query = journal
    .selectFrom('opinion')
    .select(['day', sum('observed'), sum('valid'), sum('invalid'), sum('undetermined')])
    .where('day', '>=', from)
    .where('day', '<=', to)
  if (modelId) query = query.where('modelId', '=', modelId)
  if (nodeId) query = query.where('node', '=', nodeId)
  // What is said of everything goes with what the chain says of everything: of what nodes posted under a bond.
  if (!modelId && !nodeId) query = query.where('node', '<>', '')
  return query.groupBy('day').orderBy('day').execute()
}

/** The same of all days together. */
export async function opinionTotals(journal: Journal): Promise<Omit<OpinionDay, 'day'>> {
  const sum = (column: 'observed' | 'valid' | 'invalid' | 'undetermined') =>
    sql<number>`coalesce(sum(${sql.ref(column)}), 0)`.as(column)
  return journal
    .selectFrom('opinion')
    .select([sum('observed'), sum('valid'), sum('invalid'), sum('undetermined')])
    .executeTakeFirstOrThrow()
}

/** Wei paid for gas by all transactions whose end was seen on these days. */
export async function gasPaidOn(journal: Journal, { from, to }: Days): Promise<bigint> {
  // In two parts, since SQLite sums no more than 64 bits, and a text of wei may be longer.
  const { high, low } = await journal
    .selectFrom('attempt')
    .select([
      sql<string>`cast(coalesce(sum(cast(substr(gasPaid, 1, max(length(gasPaid) - 9, 0)) as integer)), 0) as text)`.as(
        'high',
      ),
      sql<string>`cast(coalesce(sum(cast(substr(gasPaid, -9) as integer)), 0) as text)`.as('low'),
    ])
    .where('gasPaid', 'is not', null)
    .where(sql`coalesce(settledAt, createdAt)`, '>=', from * DAY)
    .where(sql`coalesce(settledAt, createdAt)`, '<', (to + 1) * DAY)
    .executeTakeFirstOrThrow()
  return BigInt(high) * 10n ** 9n + BigInt(low)
}
