import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openJournal } from '../../journal/open.ts'
import { drawPart } from './part.ts'

/** A third of the statements, another one each time; with `GAINSAY_TEST_ALL=1` all of them. */
const part = drawPart(3)
const preload = new URL('./preload.mjs', import.meta.url).href
const open = new URL('../../journal/open.ts', import.meta.url).href

const schemaOf = (path: string) => {
  const database = new Database(path, { readonly: true })
  const rows = database.prepare('select type, name, sql from sqlite_master order by type, name').all()
  database.close()
  return rows
}

test(`a journal whose making is killed before and after every statement (part ${part}) is made whole in the end`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-opening-'))
  const [path, places, script] = ['journal.sqlite', 'places-of-death', 'open.mts'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  writeFileSync(script, `import { openJournal } from '${open}'\nawait (await openJournal('${path}')).destroy()\n`)
  writeFileSync(places, '')
  const env = { ...process.env, GAINSAY_PLACES_OF_DEATH: places, GAINSAY_DEATHS: part }
  let deaths = 0
  for (;;) {
    const { signal, status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--import', preload, script], {
      env,
      encoding: 'utf8',
    })
    if (signal === null) {
      expect(status, stderr).toBe(0)
      break
    }
    expect(signal).toBe('SIGKILL')
    expect(readFileSync(places, 'utf8').trim().split('\n')).toHaveLength(++deaths)
  }
  expect(deaths).toBeGreaterThan(10)
  const whole = join(folder, 'whole.sqlite')
  await (await openJournal(whole)).destroy()
  expect(schemaOf(path)).toEqual(schemaOf(whole))
}, 600_000)
