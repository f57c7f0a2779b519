import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { Kysely, Migrator, SqliteDialect } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { checkIntegrity } from '../../journal/integrity.ts'
import { migrationNames, migrationProvider } from '../../journal/migrations.ts'
import { JournalError, openDatabaseReadOnly, openJournal } from '../../journal/open.ts'
import { recordObservation } from '../../journal/queries.ts'
import type { Tables } from '../../journal/tables.ts'
import { fillJournal } from './filled-journal.ts'

let path: string
beforeEach(async () => {
  path = join(mkdtempSync(join(tmpdir(), 'gainsay-integrity-')), 'journal.sqlite')
  const journal = await openJournal(path)
  await fillJournal(journal)
  await journal.destroy()
})

function change(...statements: string[]): void {
  const database = new SqliteDatabase(path)
  database.pragma('foreign_keys = OFF')
  for (const statement of statements) database.exec(statement)
  database.close()
}

describe('a journal that contradicts itself is refused at the start, with what to do', () => {
  test.each([
    ['delete from action', /rows refer to others that do not exist/],
    ['delete from action', /an attempt has no action: a transaction without an intent \(2, such as 0x/],
    [`update attempt set blockHash = null where state = 'mined'`, /does not name its block and its gas/],
    [`update attempt set blockHash = '0x01', state = 'signed'`, /an attempt that is not mined names a block/],
    [
      `insert into attempt (hash, actionId, sender, nonce, raw, state, createdAt) values ('0x98', 1, '0x0a', 7, '0x', 'signed', 1),
        ('0x99', 1, '0x0a', 8, '0x', 'signed', 1)`,
      /two live attempts of one action have different nonces.*higher nonce/,
    ],
    [
      `insert into attempt (hash, actionId, sender, nonce, raw, state, createdAt, blockNumber, blockHash, gasPaid)
        select hash || '1', actionId, sender, nonce, raw, state, createdAt, blockNumber, blockHash, gasPaid from attempt
        where state = 'mined'`,
      /two mined attempts share a nonce/,
    ],
    [`update action set state = 'closed' where id = 1`, /an action is in no state that there is \(challenge:/],
    [`update verdict set evidence = null where kind = 'invalid'`, /says invalid without evidence/],
    [`update finding set salt = null`, /provable but has no proof or no salt/],
    [`update action set value = '0.5' where id = 1`, /not a whole number of wei/],
    [`update entry set amount = '-1'`, /not a whole number of wei/],
    [`update entry set kind = 'stolen'`, /of no kind that there is/],
    [`insert into identity (chainId, contract) values (1, '0x01'), (2, '0x02')`, /more than one contract/],
  ])('%s', async (statement, message) => {
    change(statement)
    const error = await openJournal(path).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(JournalError)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).toMatch(/backup|keep a copy/)
  })

  test('one that does not is opened, again and again', async () => {
    for (let i = 0; i < 2; i++) await (await openJournal(path)).destroy()
    const database = openDatabaseReadOnly(path)
    expect(database && checkIntegrity(database, { deep: true })).toEqual([])
    database?.close()
  })

  test('a deep check finds a signed transaction that is not the one it is named for', async () => {
    change(`update attempt set raw = '0x02' where state = 'signed'`)
    const database = openDatabaseReadOnly(path)
    const found = database && checkIntegrity(database, { deep: true })
    expect(found).toEqual([expect.objectContaining({ what: expect.stringMatching(/not the one it is named for/) })])
    database?.close()
  })
})

describe('migrating', () => {
  const copies = () => readdirSync(join(path, '..')).filter((file) => file.includes('.before-'))
  const last = migrationNames.at(-1) as string
  const copy = `journal.sqlite.before-${last.slice(0, 3)}`

  /** Puts a journal in its place as a version without ledgers has left it. */
  const age = async () => {
    path = join(mkdtempSync(join(tmpdir(), 'gainsay-old-')), 'journal.sqlite')
    const journal = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new SqliteDatabase(path) }) })
    const migrator = new Migrator({ db: journal, provider: migrationProvider })
    const { error } = await migrator.migrateTo(migrationNames[2] as string)
    if (error) throw error
    const about = {
      requestId: '0x02',
      modelId: '0x03',
      node: '0x04',
      blockNumber: 1,
      blockHash: '0x01',
      settlement: null,
    }
    await recordObservation(journal, { ...about, key: 'an old one', resultId: '0x01' }, 1)
    await journal.destroy()
  }

  test('refuses a journal from a newer version and names it', async () => {
    change(`insert into kysely_migration (name, timestamp) values ('099-of-tomorrow', '')`)
    const error = await openJournal(path).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(JournalError)
    expect((error as Error).message).toMatch(/newer version of Gainsay \(it has had 099-of-tomorrow\)/)
    expect((error as Error).message).not.toMatch(/move it away/)
  })

  test('copies an old journal first, keeps the last copy only, and copies nothing that is new or up to date', async () => {
    await (await openJournal(path)).destroy()
    expect(copies()).toEqual([])
    await age()
    writeFileSync(`${path}.before-002`, 'an older copy')
    await (await openJournal(path)).destroy()
    expect(copies()).toEqual([copy])
    // The copy is the journal as it was: an older version opens it, this one migrates it.
    const database = new SqliteDatabase(join(path, '..', copy), { readonly: true })
    expect(database.prepare('select key from observation').pluck().all()).toEqual(['an old one'])
    expect(database.prepare("select 1 from sqlite_master where name = 'entry'").get()).toBeUndefined()
    database.close()
  })

  test('changes nothing when the copy cannot be made', async () => {
    await age()
    // A folder is where the copy would be.
    mkdirSync(join(path, '..', copy, 'in the way'), { recursive: true })
    await expect(openJournal(path)).rejects.toThrow(JournalError)
    const database = new SqliteDatabase(path, { readonly: true })
    expect(database.prepare("select 1 from sqlite_master where name = 'entry'").get()).toBeUndefined()
    database.close()
  })
})
