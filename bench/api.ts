/**
 * How fast the API answers over a year of results, beside Ponder's own generated GraphQL: the same process, the same rows,
 * the same run, in slices that take turns.
 *
 * ```sh
 * node --import tsx bench/api.ts
 * node --import tsx bench/api.ts --results 1000000 --database postgres --seconds 6 --keep .gainsay/bench-api
 * ```
 *
 * With `--keep` the filled databases stay in that folder and are used again. Requests a second depend on the machine, which
 * the asking process shares; requests a second of the index's CPU time, and ratios of one run, depend less.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/index/support/postgres.ts'
import { analytics } from './api/analytics.ts'
import { startSmallChain } from './api/chain.ts'
import { cookbook } from './api/cookbook.ts'
import { serveFilled } from './api/fill.ts'
import { type Measured, measureQuestion } from './api/measure-question.ts'
import { pages } from './api/pages.ts'
import { questions, statusQuestions } from './api/questions.ts'
import { table } from './report.ts'

const { values: options } = parseArgs({
  options: {
    results: { type: 'string', default: '100000,1000000' },
    database: { type: 'string', default: 'both' },
    seconds: { type: 'string', default: '6' },
    askers: { type: 'string', default: '8' },
    only: { type: 'string', default: 'compare,status,cookbook,analytics,pages' },
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(options.seconds)
const askers = Number(options.askers)
const parts = new Set(options.only.split(','))
const databases = (['pglite', 'postgres'] as const).filter((kind) => ['both', kind].includes(options.database))
if (databases.length === 0) throw new Error('--database must be pglite, postgres or both')

const note = (text: string) => console.error(text)
const all: object[] = []
const failed: string[] = []
mkdirSync('.gainsay', { recursive: true })
const folder = options.keep ? resolve(options.keep) : mkdtempSync(resolve('.gainsay', 'bench-api-'))
// Where this runs as root, Postgres runs as another user, who must get through.
if (!options.keep) chmodSync(folder, 0o755)
try {
  for (const database of databases)
    for (const results of options.results.split(',').map(Number)) all.push(await measure(database, results))
} finally {
  if (!options.keep) rmSync(folder, { recursive: true, force: true })
}
console.log(JSON.stringify({ seconds, askers, all, failed }))
process.exit(failed.length === 0 ? 0 : 1)

async function measure(database: 'pglite' | 'postgres', results: number): Promise<object> {
  const own = join(folder, `${database}-${results}`)
  mkdirSync(own, { recursive: true })
  const chain = await startSmallChain(own)
  const postgres = database === 'postgres' ? await startPostgres({ kept: join(own, 'postgres') }) : undefined
  const measured: Measured[] = []
  try {
    const start = performance.now()
    const databaseUrl = await postgres?.database('gainsay')
    const index = await serveFilled(chain, { folder: own, results, databaseUrl })
    const since = () => ((performance.now() - start) / 1000).toFixed(0)
    note(`${database}, ${results} results: there after ${since()} s`)
    const run = async (list: Parameters<typeof measureQuestion>[0][], width: number) => {
      for (const question of list) {
        // One that fails is said at once and again by the exit code, and does not keep the others from being asked.
        const rows = await measureQuestion(question, {
          index,
          postgres: postgres?.pid(),
          askers: width,
          seconds,
        }).catch(({ message }: Error) => {
          failed.push(`${database}, ${results} results: ${message.slice(0, 600)}`)
          note(`FAILED ${failed.at(-1)}`)
          return []
        })
        measured.push(...rows)
        for (const row of rows) note(table([], [cells(row)]))
      }
    }
    try {
      if (parts.has('compare')) await run(questions(results), askers)
      if (parts.has('status')) await run(await statusQuestions(index.apiUrl, results), askers * 8)
      // One after the other: how long the server takes for one, not how long others are in the way.
      if (parts.has('analytics')) await run(await analytics(index.apiUrl, note), 1)
      if (parts.has('cookbook')) await run(cookbook(results), 1)
      if (parts.has('pages')) {
        const { served, missing } = await pages(index.apiUrl, results)
        if (missing.length > 0) note(`pages that are not there, skipped: ${missing.join(', ')}`)
        await run(served, 1)
      }
    } finally {
      await index.stop()
    }
    note(`${database}, ${results} results: done after ${since()} s`)
  } finally {
    await postgres?.stop()
    await chain.stop()
  }
  if (!options.json) {
    const head = [
      'question',
      'who',
      'askers',
      'requests/s',
      'per index core',
      'p50 ms',
      'p99 ms',
      'asked',
      'KB',
      'DB CPU',
      'ours/Ponder',
    ]
    console.log(`${database}, ${results} results, ${seconds} s a side\n${table(head, measured.map(cells))}\n`)
  }
  return { database, results, measured }
}

function cells(row: Measured): string[] {
  return [
    ...[row.question, row.who, String(row.askers), row.perSecond.toFixed(row.perSecond < 100 ? 1 : 0)],
    row.perCore?.toFixed(0) ?? '?',
    ...[row.p50.toFixed(1), row.p99.toFixed(1), String(row.asked), (row.bytes / 1024).toFixed(1)],
    row.databaseShare === null ? '' : row.databaseShare.toFixed(2),
    row.ratio === null ? '' : row.ratio.toFixed(2),
  ]
}
