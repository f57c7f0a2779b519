import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { exitCodes, UserError } from './exit.ts'
import { openForReading } from './journal-command.ts'

/**
 * `gainsay journal backup`: a copy of the journal as it is at one moment, also while the watcher writes. Half a copy never
 * has the file's name.
 *
 * @throws UserError when the file is there already or cannot be written, or the copy is not whole
 */
export function runJournalBackup(file: string): void {
  const to = resolve(file)
  if (existsSync(to)) throw new UserError(`${to} is there already: name a new file.`, exitCodes.usage)
  const part = `${to}.part`
  const database = openForReading()
  try {
    rmSync(part, { force: true })
    database.prepare('vacuum into ?').run(part)
    chmodSync(part, 0o600)
    const copy = new SqliteDatabase(part, { readonly: true })
    const check = copy.pragma('integrity_check', { simple: true })
    copy.close()
    if (check !== 'ok') throw new Error(`integrity_check says: ${check}`)
    renameSync(part, to)
  } catch (error) {
    rmSync(part, { force: true })
    throw new UserError(`The journal could not be copied to ${to} (${(error as Error).message}).`, exitCodes.io)
  } finally {
    database.close()
  }
  console.log(to)
}
