import { randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { Journal } from './open.ts'
import type { UncheckedTable } from './tables.ts'

/** Records results that are left unchecked for now. What is recorded stays so. */
export async function recordUnchecked(journal: Journal, rows: readonly Selectable<UncheckedTable>[]): Promise<void> {
  for (const row of rows)
    await journal
      .insertInto('unchecked')
      .values(row)
      .onConflict((c) => c.doNothing())
      .execute()
}

/** Which of these observations were left unchecked. */
export async function uncheckedOf(journal: Journal, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const rows = await journal
    .selectFrom('unchecked')
    .select('observationKey')
    .where('observationKey', 'in', keys)
    .execute()
  return new Set(rows.map(({ observationKey }) => observationKey))
}

/** How many results were left unchecked for good, or so far. */
export async function countUnchecked(journal: Journal): Promise<number> {
  const { n } = await journal
    .selectFrom('unchecked')
    .leftJoin('verdict', 'verdict.observationKey', 'unchecked.observationKey')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('verdict.observationKey', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(n)
}

/** The salt that decides which results are checked: drawn once, and known to nobody, or nodes would cheat on the others. */
export async function sampleSalt(journal: Journal): Promise<string> {
  await journal
    .insertInto('secret')
    .values({ name: 'sampleSalt', value: randomBytes(32).toString('hex') })
    .onConflict((c) => c.doNothing())
    .execute()
  const row = await journal
    .selectFrom('secret')
    .select('value')
    .where('name', '=', 'sampleSalt')
    .executeTakeFirstOrThrow()
  return row.value
}
