import type SqliteDatabase from 'better-sqlite3'
import { keccak256 } from 'viem'
import { entryKinds } from './ledger/kinds.ts'

/** Something in a journal that cannot be, with what to do about it. */
export interface Problem {
  /** what is wrong, in a sentence */
  what: string
  /** how many rows are concerned, and one of them by its key */
  rows: number
  example: string
  todo: string
}

const RESTORE =
  'Restore the latest backup, or move the journal away and start an empty one: what is on chain is not lost, but replays are repeated'
const OURS =
  'No version of Gainsay writes this, so something else wrote to the file, or it is a bug: keep a copy for the report'

/** What must hold of every row: a query for those of which it does not, their key first. */
const rules: readonly { what: string; sql: string | ((names: Set<string>) => string); todo?: string }[] = [
  {
    what: 'an attempt has no action: a transaction without an intent',
    sql: 'select hash from attempt where actionId not in (select id from action)',
  },
  {
    what: 'a mined or reverted attempt does not name its block and its gas',
    sql: `select hash from attempt where state in ('mined', 'reverted')
      and (blockNumber is null or blockHash is null or gasPaid is null)`,
  },
  {
    what: 'an attempt that is not mined names a block',
    sql: `select hash from attempt where state in ('signed', 'dropped') and blockHash is not null`,
  },
  {
    what: 'two live attempts of one action have different nonces: both could be mined',
    // What fills a gap in the nonces is listed under the action that waits for it, and does nothing.
    sql: (names) =>
      `select actionId from attempt where state = 'signed' ${names.has('purpose') ? `and purpose <> 'fill'` : ''}
        group by actionId, sender having count(distinct nonce) > 1`,
    todo: `${OURS}. Until then send a transaction to yourself with the higher nonce, so that only one can be mined`,
  },
  {
    what: 'two mined attempts share a nonce',
    sql: `select min(hash) from attempt where state in ('mined', 'reverted') group by sender, nonce having count(*) > 1`,
  },
  {
    what: 'an action is in no state that there is',
    sql: `select key from action where state not in ('open', 'done', 'abandoned')`,
  },
  {
    what: 'a verdict is of no kind that there is, or says invalid without evidence',
    sql: `select observationKey from verdict where kind not in ('valid', 'invalid', 'undetermined')
      or (kind = 'invalid') <> (evidence is not null)`,
  },
  {
    what: 'a finding is provable but has no proof or no salt',
    sql: `select observationKey from finding where kind = 'provable' and (proof is null or salt is null)`,
  },
  {
    what: 'an amount is not a whole number of wei',
    sql: `select 'action ' || key from action where value = '' or value glob '*[^0-9]*'
      union all select 'attempt ' || hash from attempt where gasPaid = '' or gasPaid glob '*[^0-9]*'
      union all select 'entry ' || key from entry where amount = '' or amount glob '*[^0-9]*'`,
  },
  {
    what: 'a ledger entry is of no kind that there is',
    sql: `select key from entry where kind not in (${entryKinds.map((kind) => `'${kind}'`).join(', ')})`,
  },
  {
    what: 'an attestation is in no state that there is, or signed without a signature',
    sql: (names) =>
      names.has('attestation')
        ? `select digest from attestation where state not in ('intended', 'signed', 'abandoned')
            or (state = 'signed') <> (signature is not null)`
        : 'select null limit 0',
  },
  { what: 'the journal belongs to more than one contract', sql: 'select contract from identity limit -1 offset 1' },
]

/**
 * Checks that a journal is whole: its pages, its references, and what must hold between its rows.
 *
 * @param deep also compares every index with its table and hashes what is signed, which takes long
 * @returns nothing when all is well
 */
export function checkIntegrity(database: SqliteDatabase.Database, { deep = false } = {}): Problem[] {
  const pages = database.pragma(deep ? 'integrity_check(1)' : 'quick_check(1)', { simple: true })
  // Nothing read from damaged pages can be trusted.
  if (pages !== 'ok') return [{ what: 'the file is damaged', rows: 1, example: String(pages), todo: RESTORE }]
  const problems: Problem[] = []
  const dangling = database.pragma('foreign_key_check') as { table: string; rowid: number; parent: string }[]
  const [first] = dangling
  if (first)
    problems.push({
      ...{ what: 'rows refer to others that do not exist', rows: dangling.length, todo: RESTORE },
      example: `row ${first.rowid} of ${first.table} refers to no ${first.parent}`,
    })
  // What an older version's file lacks: columns of attempts, and tables.
  const names = new Set(
    database
      .prepare(
        `select name from pragma_table_info('attempt') union select name from sqlite_master where type = 'table'`,
      )
      .pluck()
      .all() as string[],
  )
  for (const { what, sql, todo = `${OURS}. ${RESTORE}` } of rules) {
    const rows = database
      .prepare(typeof sql === 'string' ? sql : sql(names))
      .pluck()
      .all()
    if (rows.length > 0) problems.push({ what, rows: rows.length, example: String(rows[0]), todo })
  }
  if (!deep) return problems
  const live = database.prepare(`select hash, raw from attempt where state = 'signed'`).all()
  for (const { hash, raw } of live as { hash: string; raw: `0x${string}` }[])
    if (keccak256(raw) !== hash)
      problems.push({
        what: 'a signed transaction is not the one it is named for',
        rows: 1,
        example: hash,
        todo: RESTORE,
      })
  return problems
}

/** A problem in one line, for people. */
export function describe({ what, rows, example, todo }: Problem): string {
  return `${what} (${rows === 1 ? example : `${rows}, such as ${example}`}). ${todo}.`
}
