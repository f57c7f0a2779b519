import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Runs under the preload; prints what it sees as JSON. */
const script = `
import { writeFileSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
const control = process.env.GAINSAY_CHAOS_CONTROL
const tell = async (told) => { writeFileSync(control, JSON.stringify(told)); await sleep(700) }
const journal = new Database(process.env.JOURNAL)
journal.prepare('create table t (x)').run()
const insert = () => { try { for (let i = 0; i < 50; i++) journal.prepare('insert into t values (?)').run('x'.repeat(2000)); return 'written' } catch (e) { return e.code } }
const before = Date.now()
const seen = [insert()]
await tell({ full: true, wallOffsetMs: 86_400_000 })
seen.push(insert(), Math.round((Date.now() - before) / 3_600_000), Math.round((new Date() - before) / 3_600_000))
await tell({ full: false, wallOffsetMs: 0, gc: 1 })
seen.push(insert(), Math.round((Date.now() - before) / 3_600_000), JSON.parse(readFileSync(control + '.memory', 'utf8')).heapUsed > 0)
console.log(JSON.stringify(seen))
`

test('a watcher under the preload is told a full disk, another wall clock, and how much memory it takes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-preload-'))
  const args = ['--expose-gc', '--import', new URL('./preload.mjs', import.meta.url).href, '--input-type=module', '-e']
  const env = {
    ...{ ...process.env, GAINSAY_CHAOS_CONTROL: join(folder, 'control.json') },
    JOURNAL: join(folder, 'journal.sqlite'),
  }
  const said = execFileSync(process.execPath, [...args, script], { env, encoding: 'utf8' })
  expect(JSON.parse(said)).toEqual(['written', 'SQLITE_FULL', 24, 24, 'written', 0, true])
})
