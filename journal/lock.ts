import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

/** Thrown when another process holds the lock. */
export class LockedError extends Error {
  override name = 'LockedError'
}

/**
 * Takes an exclusive lock on a data folder for one role, until the process ends or `release` is called. SQLite's file
 * lock is the operating system's, so `kill -9` frees it and no stale lock is ever left. Two watchers on one journal
 * would both send; two indexers on one database double every row.
 *
 * @throws LockedError when another process has it
 */
export function lockDataDir(dataDir: string, role: 'index' | 'watcher' | 'canary' | 'anchor'): { release: () => void } {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, `${role}.lock`)
  const database = new SqliteDatabase(path, { timeout: 2000 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch {
    database.close()
    throw new LockedError(
      `Another ${role} process uses ${dataDir}. Stop it first, or give this one its own GAINSAY_DATA_DIR.`,
    )
  }
  return { release: () => database.close() }
}
