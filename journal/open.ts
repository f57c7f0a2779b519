import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { type DatabaseConnection, Kysely, SqliteAdapter, SqliteDialect, SqliteDriver } from 'kysely'
import { checkIntegrity, describe, type Problem } from './integrity.ts'
import { isUpToDate, migrate, NewerJournalError } from './migrate.ts'
import type { Tables } from './tables.ts'

/** The journal: what we believed, intended and sent. */
export type Journal = Kysely<Tables>

/** Thrown when the journal cannot be opened or is not one; the message says what to do. */
export class JournalError extends Error {
  override name = 'JournalError'
}

/** SQLite with its migrations in transactions, which Kysely has it not do: killed in the midst of one, it never started again. */
class JournalDialect extends SqliteDialect {
  readonly #database: SqliteDatabase.Database

  constructor(database: SqliteDatabase.Database) {
    super({ database })
    this.#database = database
  }

  /** A full disk ends SQLite's transaction by itself; to roll it back once more would fail, and hide what had failed. */
  override createDriver(): SqliteDriver {
    const database = this.#database
    return new (class extends SqliteDriver {
      override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
        if (database.inTransaction) await super.rollbackTransaction(connection)
      }
    })({ database })
  }

  override createAdapter(): SqliteAdapter {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl(): boolean {
        return true
      }
    })()
  }
}

/**
 * Opens the journal for writing, creating, migrating and checking it. WAL, so that the API can read meanwhile;
 * `synchronous = FULL`, because an intent that a power cut can lose is none.
 *
 * @throws JournalError when the file is damaged, inconsistent, not ours, from a newer version, or the disk refuses
 */
export async function openJournal(path: string): Promise<Journal> {
  mkdirSync(dirname(path), { recursive: true })
  let database: SqliteDatabase.Database | undefined
  let problems: Problem[]
  try {
    database = new SqliteDatabase(path)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    database.pragma('busy_timeout = 5000')
    const check = database.pragma('quick_check', { simple: true })
    if (check !== 'ok') throw new Error(`quick_check says: ${check}`)
    const journal = new Kysely<Tables>({ dialect: new JournalDialect(database) })
    await migrate(path, database, journal)
    problems = checkIntegrity(database)
    if (problems.length === 0) return journal
  } catch (error) {
    database?.close()
    if (error instanceof NewerJournalError) throw new JournalError(error.message, { cause: error })
    if (isDiskFull(error))
      throw new JournalError(`There is no space left for the journal ${path}. Free some, and start again.`, {
        cause: error,
      })
    throw new JournalError(
      `The journal ${path} cannot be used (${(error as Error).message}). Restore a backup, or move it away to start an empty one: what is on chain is not lost, but replays are repeated.`,
      { cause: error },
    )
  }
  database.close()
  throw new JournalError(
    [`The journal ${path} contradicts itself, so nothing is started:`, ...problems.map(describe)].join('\n  '),
  )
}

/** Opens an existing journal for reading; undefined when the watcher has not made one yet, or not brought it up to date. */
export function openJournalReadOnly(path: string): Journal | undefined {
  const database = openDatabaseReadOnly(path)
  return database && new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
}

/** The same, without the query builder. */
export function openDatabaseReadOnly(path: string): SqliteDatabase.Database | undefined {
  if (!existsSync(path)) return undefined
  const database = new SqliteDatabase(path, { readonly: true, fileMustExist: true })
  database.pragma('busy_timeout = 1000')
  if (isUpToDate(database)) return database
  database.close()
  return undefined
}

/**
 * Whether a write failed because there is no space. Nothing is lost then: what could not be written was not done either,
 * and the same write succeeds once there is space.
 */
export function isDiskFull(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === 'SQLITE_FULL' || code === 'ENOSPC'
}
