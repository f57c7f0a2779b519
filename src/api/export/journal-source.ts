import { openDatabaseReadOnly } from '../../../journal/open.ts'
import { shownTables } from '../../../journal/tables-shown.ts'
import type { Period, Row, Source } from './source.ts'

/**
 * What of the watcher's journal is exported, by the name it is exported by: what GraphQL shows too. Secrets (keys, proofs and
 * salts before they are on chain, webhooks) are in none of it.
 */
export const journalExports = {
  replays: { shown: 'verdicts', key: 'observationKey' },
  findings: { shown: 'findings', key: 'observationKey' },
  actions: { shown: 'actions', key: 'id' },
  attestations: { shown: 'attestations', key: 'id' },
  audits: { shown: 'audits', key: 'key' },
} as const

/**
 * A part of the journal, read a page at a time, by a connection of each page's own: nothing stays open while somebody reads
 * slowly. Without a journal it is empty.
 */
export function journalSource(path: string, name: keyof typeof journalExports, { from, below }: Period): Source {
  const { shown, key } = journalExports[name]
  const { sql, time } = shownTables[shown]
  const conditions = [
    ...(from === undefined ? [] : [`${time} >= ${from * 1000n}`]),
    ...(below === undefined ? [] : [`${time} < ${below * 1000n}`]),
  ]
  const read = <T>(what: (database: NonNullable<ReturnType<typeof openDatabaseReadOnly>>) => T, none: T): T => {
    const database = openDatabaseReadOnly(path)
    if (!database) return none
    try {
      return what(database)
    } finally {
      database.close()
    }
  }
  return {
    get columns() {
      return read(
        (database) =>
          database
            .prepare(sql)
            .columns()
            .map((column) => column.name),
        [],
      )
    },
    async page(after, limit) {
      const where = [...conditions, ...(after ? [`${key} > @after`] : [])]
      return read(
        (database) =>
          database
            .prepare(
              `select * from (${sql}) ${where.length > 0 ? `where ${where.join(' and ')}` : ''} order by ${key} limit ${limit}`,
            )
            .all(after ? { after: after[key] } : {}) as Row[],
        [],
      )
    },
  }
}
