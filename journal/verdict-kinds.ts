import { openDatabaseReadOnly } from './open.ts'
import type { VerdictRow } from './queries.ts'

/**
 * Opens an existing journal for nothing but looking up what verdicts say, by observation key: one prepared statement, on a
 * connection of its own. Undefined when the watcher has not made a journal yet, or not brought it up to date.
 */
export function openVerdictKinds(path: string): ((key: string) => VerdictRow['kind'] | null) | undefined {
  const statement = openDatabaseReadOnly(path)
    ?.prepare<[string], VerdictRow['kind']>('select kind from verdict where observationKey = ?')
    .pluck()
  return statement && ((key) => statement.get(key) ?? null)
}
