/**
 * How fast Gainsay indexes, beside a bare Ponder app that does the least with the very same events, in one run.
 *
 * ```sh
 * node --import tsx bench/index.ts
 * node --import tsx bench/index.ts --events 100000 --database postgres --runs 5
 * ```
 *
 * `--urls n` lists the RPC URL n times: Ponder limits requests a URL, so that one URL measures the limiter as well.
 * Seconds depend on the machine and whatever else it does; the ratio of one run is what counts.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/index/support/postgres.ts'
import { type App, bare, gainsay } from './apps.ts'
import { fillChain } from './fill.ts'
import { type Measurement, measure } from './measure.ts'
import { median, table } from './report.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '20000' },
    blocks: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '3' },
    urls: { type: 'string', default: '1' },
    database: { type: 'string', default: 'both' },
    json: { type: 'boolean', default: false },
  },
})
const [events, blocks, runs, urls] = [options.events, options.blocks, options.runs, options.urls].map((text) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" must be a whole number of at least 1`)
  return value
}) as [number, number, number, number]
const databases = (['pglite', 'postgres'] as const).filter((kind) => ['both', kind].includes(options.database))
if (databases.length === 0) throw new Error('--database must be pglite, postgres or both')

const note = (text: string) => console.error(text)
note(`filling a local chain with about ${events} events in ${blocks} blocks`)
const chain = await fillChain(events, blocks)
const postgres = databases.includes('postgres') ? await startPostgres() : undefined
try {
  const results = []
  for (const database of databases) {
    const measured: Record<App['name'], Measurement[]> = { gainsay: [], bare: [] }
    for (let run = 0; run < runs; run++)
      // The two sides take turns in going first, so that neither has all of a drifting load.
      for (const app of run % 2 === 0 ? [gainsay, bare] : [bare, gainsay]) {
        const databaseUrl = database === 'postgres' ? await postgres?.fresh() : undefined
        const one = await measure(app, chain, { databaseUrl, urls })
        measured[app.name].push(one)
        note(`${database} run ${run + 1}: ${app.name} ${one.seconds.toFixed(1)} s, CPU ${one.cpuSeconds ?? '?'} s`)
      }
    const [ours, floor] = [middle(measured.gainsay), middle(measured.bare)]
    results.push({
      database,
      gainsay: ours,
      bare: floor,
      ratio: ours.eventsPerSecond / floor.eventsPerSecond,
      cpuRatio: floor.cpuSeconds && ours.cpuSeconds ? floor.cpuSeconds / ours.cpuSeconds : null,
      measured,
    })
  }
  if (!options.json)
    console.log(
      `${chain.total} events in ${chain.lastBlock} blocks, cold, ${urls} RPC URL(s), medians of ${runs}\n${table(
        ['database', 'app', 'seconds', 'events/s', 'CPU s', 'peak MB', 'gainsay/bare'],
        results.flatMap(({ database, gainsay: ours, bare: floor, ratio, cpuRatio }) => [
          [database, 'gainsay', ...cells(ours), `${ratio.toFixed(2)} (CPU ${cpuRatio?.toFixed(2) ?? '?'})`],
          [database, 'bare', ...cells(floor), ''],
        ]),
      )}`,
    )
  console.log(
    JSON.stringify({ events: chain.total, blocks: chain.lastBlock, counts: chain.counts, runs, urls, results }),
  )
} finally {
  await postgres?.stop()
  await chain.stop()
}
process.exit()

function middle(all: Measurement[]): Measurement {
  const of = (pick: (one: Measurement) => number | null) => median(all.map(pick).filter((value) => value !== null))
  const seconds = of(({ seconds }) => seconds) as number
  return {
    seconds,
    eventsPerSecond: chain.total / seconds,
    cpuSeconds: of(({ cpuSeconds }) => cpuSeconds),
    peakMegabytes: of(({ peakMegabytes }) => peakMegabytes),
  }
}

function cells({ seconds, eventsPerSecond, cpuSeconds, peakMegabytes }: Measurement): string[] {
  return [
    seconds.toFixed(1),
    eventsPerSecond.toFixed(0),
    cpuSeconds?.toFixed(1) ?? '?',
    peakMegabytes?.toFixed(0) ?? '?',
  ]
}
