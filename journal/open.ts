import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { Kysely, Migrator, SqliteAdapter, SqliteDialect } from 'kysely'
import { migrationProvider } from './migrations.ts'
import type { Tables } from './tables.ts'

/** The journal: what we believed, intended and sent. */
export type Journal = Kysely<Tables>

/** Thrown when the journal cannot be opened or is not one; the message says what to do. */
export class JournalError extends Error {
  override name = 'JournalError'
}

/** SQLite with its migrations in transactions, which Kysely has it not do: killed in the midst of one, it never started again. */
class JournalDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl(): boolean {
        return true
      }
    })()
  }
}

/**
 * Opens the journal for writing, creating and migrating it as needed. WAL, so that the API can read meanwhile;
 * `synchronous = FULL`, because an intent that a power cut can lose is none.
 *
 * @throws JournalError when the file is damaged, not ours, or the disk refuses
 */
export async function openJournal(path: string): Promise<Journal> {
  mkdirSync(dirname(path), { recursive: true })
  let database: SqliteDatabase.Database | undefined
  try {
    database = new SqliteDatabase(path)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    database.pragma('busy_timeout = 5000')
    const check = database.pragma('quick_check', { simple: true })
    if (check !== 'ok') throw new Error(`quick_check says: ${check}`)
    const journal = new Kysely<Tables>({ dialect: new JournalDialect({ database }) })
    const { error } = await new Migrator({ db: journal, provider: migrationProvider }).migrateToLatest()
    if (error) throw error
    return journal
  } catch (error) {
    database?.close()
    throw new JournalError(
      `The journal ${path} cannot be used (${(error as Error).message}). Restore a backup, or move it away to start an empty one: what is on chain is not lost, but replays are repeated.`,
      { cause: error },
    )
  }
}

/** Tables that later migrations made and that are read elsewhere than in the watcher. */
const NEWEST: readonly (keyof Tables)[] = ['finding', 'unchecked']

/** Opens an existing journal for reading; undefined when the watcher has not made one yet, or not brought it up to date. */
export function openJournalReadOnly(path: string): Journal | undefined {
  if (!existsSync(path)) return undefined
  const database = new SqliteDatabase(path, { readonly: true, fileMustExist: true })
  database.pragma('busy_timeout = 1000')
  const tables = database.prepare("select name from sqlite_master where type = 'table'").pluck().all()
  if (!NEWEST.every((name) => tables.includes(name))) {
    database.close()
    return undefined
  }
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
}
