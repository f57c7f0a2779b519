import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportCsv, exportLines, filterOf } from '../../cli/journal-command.ts'
import { lockDataDir } from '../../journal/lock.ts'
import { type Journal, openDatabaseReadOnly, openJournal } from '../../journal/open.ts'
import { recordObservation } from '../../journal/queries.ts'
import { shownTables } from '../../journal/tables-shown.ts'
import { fillJournal, hostileText } from '../journal/filled-journal.ts'

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-journal-cli-'))
let journal: Journal

/** Runs the command. The journal stays open here for writing, as by a watcher that runs. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, GAINSAY_DATA_DIR: dataDir }
  return promisify(execFile)(process.execPath, [bin, 'journal', ...args], { env }).then(
    (out) => ({ code: 0, ...out }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
}

beforeAll(async () => {
  journal = await openJournal(join(dataDir, 'journal.sqlite'))
  await fillJournal(journal, { at: Date.now() })
})
afterAll(() => journal.destroy())

describe('list', () => {
  test('shows actions, by filter, and no stranger moves the cursor', async () => {
    const { stdout } = await run('list')
    expect(stdout).toContain('challenge')
    expect(stdout).toContain('claimSilence')
    expect(stdout).toContain('=HYPERLINK(')
    expect(stdout).not.toContain('\r')
    const filtered = await run('list', '--kind', 'challenge', '--state', 'done', '--result', '0xSET', '--since', '1h')
    expect(filtered.stdout).toContain('challenge')
    expect(filtered.stdout).not.toContain('claimSilence')
    expect((await run('list', '--since', '2999-01-01')).stdout).toMatch(/^no actions/)
    expect((await run('list', 'entries', '--kind', 'gas')).stdout).toContain('0.000000000000000021 ETH')
  })

  test('says what is wrong with a time, a table, a folder', async () => {
    expect(await run('list', '--since', 'yesterday')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/--since yesterday: give a date/),
    })
    expect(await run('list', 'secrets')).toMatchObject({ code: 64 })
    const env = { PATH: process.env.PATH, GAINSAY_DATA_DIR: '/nowhere' }
    const error = await promisify(execFile)(process.execPath, [bin, 'journal', 'list'], { env }).catch((e) => e)
    expect(error).toMatchObject({ code: 74, stderr: expect.stringContaining('There is no journal at /nowhere') })
  })
})

describe('export', () => {
  test('writes everything as JSON Lines, but no secret', async () => {
    const { stdout } = await run('export')
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(new Set(rows.map(({ table }) => table))).toEqual(new Set(Object.keys(shownTables)))
    expect(rows.find(({ table, kind }) => table === 'actions' && kind === 'challenge')).toMatchObject({
      ...{ state: 'done', value: '500', reason: 'mined', resultId: '0xsettled' },
    })
    expect(stdout).not.toContain('0x5ec2e7')
    expect(stdout).not.toContain('0x5a17')
    expect(stdout).not.toMatch(/"raw"|"proof"|"salt"/)
  })

  test('writes a table as CSV that no spreadsheet runs', async () => {
    const file = join(dataDir, 'actions.csv')
    expect(await run('export', 'actions', '--format', 'csv', '-o', file, '--kind', 'claimSilence')).toMatchObject({
      code: 0,
    })
    const text = readFileSync(file, 'utf8')
    expect(text.split('\n')[0]).toBe(
      'id,key,kind,state,observationKey,resultId,value,deadline,reason,createdAt,updatedAt',
    )
    // Quoted whole, and with an apostrophe before the sign.
    expect(text).toContain(`"'${hostileText.replaceAll('"', '""')}"`)
    expect(await run('export', '--format', 'csv')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/CSV holds one table/),
    })
  })

  test('of a table with no rows has its header still', async () => {
    const { stdout } = await run('export', 'findings', '--format', 'csv', '--kind', 'none')
    expect(stdout).toBe('observationKey,kind,state,resultId,claim,operator,entry,element,reason,foundAt\n')
  })

  test('keeps memory flat, and shows what was there when it began while a watcher writes', async () => {
    const path = join(dataDir, 'journal.sqlite')
    const writer = new SqliteDatabase(path)
    writer.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
      insert into action (key, kind, value, state, reason, createdAt, updatedAt)
      select 'many:' || i, 'appeal', '1', 'abandoned', printf('%01000d', i), 1, 1 from n`)
    writer.close()
    const database = openDatabaseReadOnly(path)
    if (!database) throw new Error('no journal')
    for (const format of ['csv', 'jsonl'] as const) {
      let lines = 0
      let most = 0
      const about = { requestId: '0x', modelId: '0x', node: '0x', blockNumber: 1, blockHash: '0x', settlement: null }
      const to = new Writable({
        highWaterMark: 1 << 14,
        write(chunk: Buffer, _, done) {
          for (const byte of chunk) if (byte === 10) lines++
          if (lines % 50 === 0) most = Math.max(most, process.memoryUsage().heapUsed)
          // A slow reader: without back pressure all rows would wait here.
          setImmediate(done)
        },
      })
      globalThis.gc?.()
      const before = process.memoryUsage().heapUsed
      const writing = recordObservation(journal, { ...about, key: `meanwhile ${format}`, resultId: '0x' }, 1)
      await (format === 'csv'
        ? exportCsv(database, 'actions', { kind: 'appeal' }, to)
        : exportLines(database, 'actions', { kind: 'appeal' }, to))
      await writing
      expect(lines).toBe(100_000 + (format === 'csv' ? 1 : 0))
      expect((most - before) / 2 ** 20).toBeLessThan(60)
    }
    database.close()
  })
})

describe('prune and check', () => {
  test('pruning waits for the watcher to be stopped', async () => {
    const lock = lockDataDir(dataDir, 'watcher')
    expect(await run('prune', '--before', '30')).toMatchObject({
      code: 75,
      stderr: expect.stringMatching(/Another watcher process/),
    })
    lock.release()
    expect(await run('prune', '--before', '30')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^removed 0 results and 100000 actions/),
    })
    expect(await run('prune')).toMatchObject({ code: 64 })
  })

  test('checking says that all is well, and what is not', async () => {
    expect(await run('check')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/whole and consistent\n- ledger: not checked/),
    })
    const writer = new SqliteDatabase(join(dataDir, 'journal.sqlite'))
    const { state } = writer.prepare(`select state from action where kind = 'challenge'`).get() as { state: string }
    writer.exec(`update action set state = 'closed' where kind = 'challenge'`)
    writer.close()
    const { code, stdout } = await run('check', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout).problems).toEqual([
      expect.objectContaining({ what: 'an action is in no state that there is' }),
    ])
    const mender = new SqliteDatabase(join(dataDir, 'journal.sqlite'))
    mender.exec(`update action set state = '${state}' where kind = 'challenge'`)
    mender.close()
  })
})

test('a time is a date or an age', () => {
  expect(filterOf({ since: '2026-01-31' }).since).toBe(Date.UTC(2026, 0, 31))
  expect(filterOf({ since: '7d' }, 7 * 86_400_000).since).toBe(0)
  expect(filterOf({}).since).toBeUndefined()
})

test('export into a pipe that closes early ends quietly', () => {
  const env = { PATH: process.env.PATH ?? '', GAINSAY_DATA_DIR: dataDir }
  const out = execFileSync('sh', ['-c', `"${process.execPath}" "${bin}" journal export | head -n 1`], {
    env,
    encoding: 'utf8',
  })
  expect(JSON.parse(out)).toMatchObject({ table: 'actions' })
})

describe('backup', () => {
  test('is a whole journal with the newest rows, taken while it is written, for its owner alone', async () => {
    const file = join(dataDir, 'backup.sqlite')
    await journal
      .insertInto('notice')
      .values({ key: 'not in the main file yet', state: 'sent', at: 1 })
      .onConflict((c) => c.doNothing())
      .execute()
    expect(await run('backup', file)).toMatchObject({ code: 0, stdout: `${file}\n` })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const copy = await openJournal(file)
    const rows = await copy.selectFrom('notice').select('key').where('key', '=', 'not in the main file yet').execute()
    await copy.destroy()
    expect(rows).toHaveLength(1)
  })

  test('overwrites nothing, and leaves nothing behind that it could not finish', async () => {
    const file = join(dataDir, 'backup.sqlite')
    expect(await run('backup', file)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('is there already'),
    })
    const nowhere = join(dataDir, 'nowhere', 'backup.sqlite')
    expect(await run('backup', nowhere)).toMatchObject({
      code: 74,
      stderr: expect.stringContaining('could not be copied'),
    })
    expect(existsSync(`${nowhere}.part`)).toBe(false)
  })
})
