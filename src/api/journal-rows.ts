import type { Entry } from '../../journal/ledger/rows.ts'
import type { Journal } from '../../journal/open.ts'
import type { Action, Attempt } from '../../journal/queries.ts'

/** A signed transaction without its bytes. */
export type PublicAttempt = Omit<Attempt, 'raw'>

const attemptColumns = [
  'hash',
  'actionId',
  'sender',
  'nonce',
  'state',
  'blockNumber',
  'blockHash',
  'gasPaid',
  'createdAt',
  'purpose',
  'signedAtBlock',
  'settledAt',
  'reason',
] as const satisfies readonly (keyof PublicAttempt)[]

/** Rows of the watcher's journal by what links to them, in the shape that DataLoader asks for. */
export function journalRows(journal: () => Journal | undefined) {
  return {
    /** Actions by observation key, oldest first. */
    async actions(keys: readonly string[]): Promise<Action[][]> {
      const rows = await journal()
        ?.selectFrom('action')
        .selectAll()
        .where('observationKey', 'in', keys)
        .orderBy('id')
        .execute()
      return grouped(keys, rows, ({ observationKey }) => observationKey)
    },

    /** Actions by id, null where there is none. */
    async actionsById(ids: readonly number[]): Promise<(Action | null)[]> {
      const rows = await journal()?.selectFrom('action').selectAll().where('id', 'in', ids).execute()
      return ids.map((id) => rows?.find((row) => row.id === id) ?? null)
    },

    /** Transactions by the action that they are for, in the order of their nonces. */
    async attemptsOfActions(ids: readonly number[]): Promise<PublicAttempt[][]> {
      const rows = await journal()
        ?.selectFrom('attempt')
        .select(attemptColumns)
        .where('actionId', 'in', ids)
        .orderBy('nonce')
        .orderBy('createdAt')
        .execute()
      return grouped(ids, rows, ({ actionId }) => actionId)
    },

    /** Transactions by hash, null where this watcher signed none. */
    async attempts(hashes: readonly string[]): Promise<(PublicAttempt | null)[]> {
      const rows = await journal()?.selectFrom('attempt').select(attemptColumns).where('hash', 'in', hashes).execute()
      return hashes.map((hash) => rows?.find((row) => row.hash === hash) ?? null)
    },

    /** Entries of the ledger by the transaction that moved the wei: found by sender and block, of which there is an index. */
    async entriesOfAttempts(attempts: readonly PublicAttempt[]): Promise<Entry[][]> {
      const mined = attempts.filter(({ blockNumber }) => blockNumber !== null)
      if (mined.length === 0) return attempts.map(() => [])
      const rows = await journal()
        ?.selectFrom('entry')
        .selectAll()
        .where('account', 'in', [...new Set(mined.map(({ sender }) => sender.toLowerCase()))])
        .where('blockNumber', 'in', [...new Set(mined.map(({ blockNumber }) => blockNumber as number))])
        .orderBy('blockNumber')
        .orderBy('logIndex')
        .execute()
      return grouped(
        attempts.map(({ hash }) => hash),
        rows,
        ({ transactionHash }) => transactionHash,
      )
    },

    /** Entries of the ledger by the result that they are about. */
    async entriesOfResults(resultIds: readonly string[]): Promise<Entry[][]> {
      const rows = await journal()
        ?.selectFrom('entry')
        .selectAll()
        .where('resultId', 'in', resultIds)
        .orderBy('blockNumber')
        .orderBy('logIndex')
        .execute()
      return grouped(resultIds, rows, ({ resultId }) => resultId)
    },
  }
}

function grouped<Key, Row>(keys: readonly Key[], rows: readonly Row[] | undefined, keyOf: (row: Row) => Key | null) {
  const groups = new Map<Key, Row[]>(keys.map((key) => [key, []]))
  for (const row of rows ?? []) {
    const key = keyOf(row)
    if (key !== null) groups.get(key)?.push(row)
  }
  return keys.map((key) => groups.get(key) ?? [])
}
