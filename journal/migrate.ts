import { readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type SqliteDatabase from 'better-sqlite3'
import { type Kysely, Migrator } from 'kysely'
import { migrationNames, migrationProvider } from './migrations.ts'
import type { Tables } from './tables.ts'

/** Thrown when a journal was written by a version of Gainsay that knows more than this one. */
export class NewerJournalError extends Error {
  override name = 'NewerJournalError'
}

/** Names of the migrations that a journal has had, oldest first; none when it is new. */
export function appliedMigrations(database: SqliteDatabase.Database): string[] {
  const known = database.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get()
  return known ? (database.prepare('select name from kysely_migration order by name').pluck().all() as string[]) : []
}

/** Whether a journal has had every migration that this version knows. */
export function isUpToDate(database: SqliteDatabase.Database): boolean {
  const applied = new Set(appliedMigrations(database))
  return migrationNames.every((name) => applied.has(name))
}

/**
 * Brings a journal up to date. Before an old one is changed it is copied to `<journal>.before-<number>`, the number being
 * that of the migration it gets to; of such copies the last one is kept.
 *
 * @throws NewerJournalError when a newer version has written it: its rows may mean what this one does not know
 */
export async function migrate(path: string, database: SqliteDatabase.Database, journal: Kysely<Tables>): Promise<void> {
  const applied = appliedMigrations(database)
  const foreign = applied.filter((name) => !migrationNames.includes(name))
  if (foreign.length > 0)
    throw new NewerJournalError(
      `The journal ${path} was written by a newer version of Gainsay (it has had ${foreign.join(', ')}). Install that version again, or restore a copy from before the upgrade (${basename(path)}.before-…).`,
    )
  const last = migrationNames.at(-1)
  if (applied.length > 0 && last !== undefined && migrationNames.length > applied.length)
    copyBefore(path, database, last.split('-')[0] as string)
  const { error } = await new Migrator({ db: journal, provider: migrationProvider }).migrateToLatest()
  if (error) throw error
}

function copyBefore(path: string, database: SqliteDatabase.Database, number: string): void {
  const prefix = `${basename(path)}.before-`
  const copy = join(dirname(path), `${prefix}${number}`)
  // Half a copy must not pass for one.
  rmSync(`${copy}.part`, { force: true })
  database.prepare('vacuum into ?').run(`${copy}.part`)
  renameSync(`${copy}.part`, copy)
  for (const file of readdirSync(dirname(path)))
    if (file.startsWith(prefix) && file !== basename(copy)) rmSync(join(dirname(path), file))
}
