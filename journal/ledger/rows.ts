import { type Selectable, sql } from 'kysely'
import type { Journal } from '../open.ts'
import type { AttemptTable, EntryTable, LedgerTable } from '../tables.ts'
import { type EntryKind, entryKinds } from './kinds.ts'

export type Entry = Selectable<EntryTable>
export type LedgerRow = Selectable<LedgerTable>

/** What is known of an account's ledger; undefined while it has none. @param account lower case */
export function ledgerOf(journal: Journal, account: string): Promise<LedgerRow | undefined> {
  return journal.selectFrom('ledger').selectAll().where('account', '=', account).executeTakeFirst()
}

/** Every ledger in the journal: one for each account that ever watched with it. */
export function ledgers(journal: Journal): Promise<LedgerRow[]> {
  return journal.selectFrom('ledger').selectAll().orderBy('account').execute()
}

/** An account's entries after a block, oldest first. @param account lower case */
export function entriesAfter(journal: Journal, account: string, block: number): Promise<Entry[]> {
  return journal
    .selectFrom('entry')
    .selectAll()
    .where('account', '=', account)
    .where('blockNumber', '>', block)
    .orderBy('blockNumber')
    .orderBy('logIndex')
    .execute()
}

/** Sums of wei and numbers of entries. */
export interface Sums {
  wei: Record<EntryKind, bigint>
  count: Record<EntryKind, number>
}

/**
 * What an account's entries between two blocks add up to, by kind. Exact: SQLite would add as floats, so the amounts are
 * added here, streamed.
 *
 * @param after entries of this block and before are left out
 * @param upTo entries after this block are left out
 */
export async function sumsOf(
  journal: Journal,
  account: string,
  { after = -1, upTo = Number.MAX_SAFE_INTEGER }: { after?: number; upTo?: number } = {},
): Promise<Sums> {
  const wei = Object.fromEntries(entryKinds.map((kind) => [kind, 0n])) as Sums['wei']
  const count = Object.fromEntries(entryKinds.map((kind) => [kind, 0])) as Sums['count']
  // Equal amounts together: bonds are all alike, so this stays short however long the history is.
  const rows = await journal
    .selectFrom('entry')
    .select(['kind', 'amount', (e) => e.fn.countAll<number>().as('times'), (e) => e.fn.sum<number>('count').as('n')])
    .where('account', '=', account)
    .where('blockNumber', '>', after)
    .where('blockNumber', '<=', upTo)
    .groupBy(['kind', 'amount'])
    .execute()
  for (const { kind, amount, times, n } of rows) {
    wei[kind] += BigInt(amount) * BigInt(times)
    count[kind] += Number(n)
  }
  return { wei, count }
}

/** What of an account is at stake in one result, and in which demands. */
export interface Staked {
  resultId: string
  /** wei of the challenge's bond; zero when it was not ours, or is settled */
  bond: bigint
  /** wei of the fee of each demand of ours that is not settled, by its id */
  fees: Map<string, bigint>
}

/**
 * What entries leave at stake, by result: bonds and fees that neither came back nor were lost. Pure.
 *
 * What was sent along with a demand above its fee, and credited at once, is a `fee` and a `returned` of no demand, both of
 * one log: neither a demand's fee nor a bond that came back.
 */
export function stakedIn(
  entries: readonly Pick<Entry, 'kind' | 'amount' | 'resultId' | 'reference' | 'transactionHash' | 'logIndex'>[],
): Staked[] {
  const all = new Map<string, Staked>()
  const logOf = (entry: Pick<Entry, 'transactionHash' | 'logIndex'>) => `${entry.transactionHash}:${entry.logIndex}`
  const isSurplus = ({ kind, reference }: Pick<Entry, 'kind' | 'reference'>) => kind === 'fee' && reference === null
  const surplus = new Set(entries.filter(isSurplus).map(logOf))
  for (const entry of entries) {
    const { kind, amount, resultId, reference } = entry
    if (resultId === null || (kind !== 'bonded' && kind !== 'fee') || isSurplus(entry)) continue
    const staked = all.get(resultId) ?? { resultId, bond: 0n, fees: new Map() }
    all.set(resultId, staked)
    if (kind === 'bonded') staked.bond += BigInt(amount)
    else staked.fees.set(reference ?? '', BigInt(amount))
  }
  for (const entry of entries) {
    const { kind, amount, resultId, reference } = entry
    if ((kind !== 'returned' && kind !== 'lost') || (reference === null && surplus.has(logOf(entry)))) continue
    const staked = all.get(resultId ?? '')
    if (!staked) continue
    if (reference === null) staked.bond -= BigInt(amount)
    else staked.fees.delete(reference)
  }
  return [...all.values()].filter(({ bond, fees }) => bond !== 0n || fees.size > 0)
}

/** The entries of results in which an account has, or had at a block, something at stake. */
export function stakeEntries(journal: Journal, account: string, after: number, upTo: number): Promise<Entry[]> {
  return journal
    .selectFrom('entry')
    .selectAll()
    .where('account', '=', account)
    .where('blockNumber', '>', after)
    .where('blockNumber', '<=', upTo)
    .where('resultId', 'in', (e) =>
      e
        .selectFrom('entry as x')
        .select('x.resultId')
        .where('x.account', '=', account)
        .where('x.blockNumber', '>', after)
        .where('x.blockNumber', '<=', upTo)
        .where('x.resultId', 'is not', null)
        .groupBy('x.resultId')
        // Bonds and fees come and go in equal numbers: as many ends as beginnings, and nothing is at stake.
        .having(
          sql<number>`sum(case x.kind when 'bonded' then 1 when 'fee' then 1 when 'returned' then -1 when 'lost' then -1 else 0 end)`,
          '>',
          0,
        ),
    )
    .execute()
}

/** Transactions that the watcher signed with an account, from one nonce on and before another. */
export function attemptsBetween(
  journal: Journal,
  account: string,
  from: number,
  before: number,
): Promise<Selectable<AttemptTable>[]> {
  return journal
    .selectFrom('attempt')
    .selectAll()
    .where(sql<string>`lower(sender)`, '=', account)
    .where('nonce', '>=', from)
    .where('nonce', '<', before)
    .orderBy('nonce')
    .execute()
}
