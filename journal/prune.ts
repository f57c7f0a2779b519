import { sql } from 'kysely'
import { entryKinds } from './ledger/kinds.ts'
import { type LedgerRow, ledgers, stakeEntries } from './ledger/rows.ts'
import type { Journal } from './open.ts'

/** How much was removed, and what had to stay although it is old enough. */
export interface Pruned {
  results: number
  actions: number
  entries: number
  /** old results that stay because something about them is open */
  kept: number
}

/**
 * Removes what was settled before a moment: results with their verdicts, findings, actions and attempts. Of the ledger's
 * entries their sums stay, rolled into one entry for each account and kind, so that ledger and chain are still equal.
 *
 * What is open stays, however old: a result that is not settled, an action that is not done, a transaction that may still be
 * mined, a demand whose fee is still held, a bond at stake, and everything that the ledger has not settled yet.
 *
 * @param before Unix milliseconds
 */
export async function prune(journal: Journal, before: number): Promise<Pruned> {
  const pruned = await journal.transaction().execute(async (db) => {
    const all = await ledgers(db)
    const old = `(settlement is not null or vanishedAt is not null) and coalesce(vanishedAt, seenAt) < ${Math.trunc(before)}`
    await sql`create temp table if not exists open_result (resultId text primary key)`.execute(db)
    await sql`delete from open_result`.execute(db)
    await sql
      .raw(
        `insert or ignore into open_result select resultId from action where resultId is not null and (state = 'open'
          or updatedAt >= ${Math.trunc(before)} or (kind = 'demand' and state = 'done' and not exists (
            select 1 from action s where s.resultId = action.resultId and s.kind = 'settleDemand' and s.state = 'done')
            and not exists (select 1 from entry e where e.resultId = action.resultId and e.kind in ('returned', 'lost')
              and e.reference is not null))
          or exists (select 1 from attempt where actionId = action.id and ${unsettled(all)}))`,
      )
      .execute(db)
    for (const { account, startBlock } of all)
      for (const { resultId } of await stakeEntries(db, account, startBlock, Number.MAX_SAFE_INTEGER))
        if (resultId) await sql`insert or ignore into open_result values (${resultId})`.execute(db)

    const going = `select key from observation where ${old} and resultId not in (select resultId from open_result)`
    const run = async (statement: string) => Number((await sql.raw(statement).execute(db)).numAffectedRows ?? 0n)
    const { rows } = await sql
      .raw<{ n: number }>(
        `select count(*) as n from observation where ${old} and resultId in (select resultId from open_result)`,
      )
      .execute(db)
    const idle = `id in (select id from action where observationKey in (${going}) or (observationKey is null and state <> 'open'
      and updatedAt < ${Math.trunc(before)} and not exists (select 1 from attempt where actionId = action.id and ${unsettled(all)})))`
    await run(`delete from attempt where actionId in (select id from action where ${idle})`)
    const actions = await run(`delete from action where ${idle}`)
    for (const table of await dependents(db)) await run(`delete from "${table}" where observationKey in (${going})`)
    const results = await run(`delete from observation where key in (${going})`)
    let entries = 0
    for (const ledger of all) entries += await roll(db, ledger, before)
    await run('drop table open_result')
    return { results, actions, entries, kept: rows[0]?.n ?? 0 }
  })
  await sql`vacuum`.execute(journal)
  await sql`pragma wal_checkpoint(truncate)`.execute(journal)
  return pruned
}

/** Attempts that may still be mined, or that the ledger still looks at: those from its anchor's nonce on. */
function unsettled(all: readonly LedgerRow[]): string {
  const later = all.map(({ account, anchorNonce }) => `(lower(sender) = '${account}' and nonce >= ${anchorNonce})`)
  return `(attempt.state = 'signed' ${later.map((one) => `or ${one}`).join(' ')})`
}

/** Tables whose rows are about an observation, but for actions, which others refer to. */
async function dependents(db: Journal): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select m.name from sqlite_master m, pragma_foreign_key_list(m.name) k
    where m.type = 'table' and k."table" = 'observation' and k."from" = 'observationKey' and m.name <> 'action'`.execute(
    db,
  )
  return rows.map(({ name }) => name)
}

/** Rolls an account's old entries, but for those of results with something at stake, into one for each kind. */
async function roll(db: Journal, { account, startBlock, anchorBlock }: LedgerRow, before: number): Promise<number> {
  let rolled = 0
  const open = sql<string>`(select resultId from open_result)`
  for (const isBefore of [true, false])
    for (const kind of entryKinds) {
      const rows = await db
        .selectFrom('entry')
        .where('account', '=', account)
        .where('kind', '=', kind)
        .where('at', '<', before)
        // A ledger that was begun anew counts from its start on: what was before must not be mixed with what counts.
        .where('blockNumber', isBefore ? '<=' : '>', startBlock)
        .where('blockNumber', '<=', anchorBlock)
        .where((e) => e.or([e('resultId', 'is', null), e('resultId', 'not in', open)]))
        .select(['key', 'amount', 'count', 'blockNumber', 'blockHash'])
        .execute()
      // One that is alone is rolled too: a fee must not stay where its return does not.
      if (rows.every(({ blockHash }) => blockHash === null) && rows.length < 2) continue
      for (const { key } of rows) await db.deleteFrom('entry').where('key', '=', key).execute()
      const sum = rows.reduce((wei, { amount }) => wei + BigInt(amount), 0n)
      const newest = Math.max(...rows.map(({ blockNumber }) => blockNumber))
      await db
        .insertInto('entry')
        .values({
          ...{ key: `rolled:${account}:${kind}:${newest}`, account, kind, amount: String(sum), blockNumber: newest },
          ...{ resultId: null, reference: null, transactionHash: null, blockHash: null, logIndex: null },
          ...{ count: rows.reduce((n, { count }) => n + count, 0), at: before - 1 },
        })
        .execute()
      rolled += rows.length
    }
  return rolled
}
