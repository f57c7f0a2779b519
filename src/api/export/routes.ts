import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { parseDay } from '../analytics/range.ts'
import type { IndexHead } from '../readiness.ts'
import { historySource } from './history-source.ts'
import { journalExports, journalSource } from './journal-source.ts'
import { type Format, formats, linesOf } from './lines.ts'
import type { Period, Source } from './source.ts'
import { type Patience, streamOf } from './stream.ts'
import { exportedTables } from './tables.ts'

/** Exports at once: each keeps the database busy, which Ponder needs for indexing. */
const MOST_AT_ONCE = 2
const PATIENCE: Patience = { idleMs: 30_000, totalMs: 3_600_000 }
const RETRY_SECONDS = 10

/** Exports of whole tables: `/export` lists them, `/export/<table>.csv` and `.jsonl` stream them. */
export function exportRoutes(journalPath: string, indexHead: () => Promise<IndexHead>, patience = PATIENCE): Hono {
  const names = [...Object.keys(exportedTables), ...Object.keys(journalExports)]
  const app = new Hono()
  let running = 0
  app.use('/export/*', cors({ origin: '*', allowMethods: ['GET'], exposeHeaders: ['Gainsay-Block'] }))
  app.get('/export', (c) => c.json({ tables: names, formats: Object.keys(formats) }))
  app.get('/export/:file', async (c) => {
    const [, name, format] = /^(\w+)\.(\w+)$/.exec(c.req.param('file')) ?? []
    if (!name || !names.includes(name) || !format || !Object.hasOwn(formats, format))
      return c.json({ error: `no such export: ask for <table>.csv or <table>.jsonl of ${names.join(', ')}` }, 404)
    const period = periodOf(c.req.query('from'), c.req.query('below'))
    if (typeof period === 'string') return c.json({ error: period }, 400)
    const source = sourceOf(name, period, journalPath)
    if (!source) return c.json({ error: `${name} have no time: leave from and below away` }, 400)
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': formats[format as Format].type })
    if (running >= MOST_AT_ONCE)
      return c.json({ error: `${MOST_AT_ONCE} exports are running: try again later` }, 503, {
        'retry-after': String(RETRY_SECONDS),
      })
    running++
    try {
      const { blockNumber } = await indexHead()
      const body = streamOf(linesOf(source, format as Format), patience, () => running--)
      return c.body(body, 200, {
        'content-type': formats[format as Format].type,
        'content-disposition': `attachment; filename="${name}.${format}"`,
        'cache-control': 'no-store',
        'gainsay-block': String(blockNumber),
      })
    } catch (error) {
      running--
      throw error
    }
  })
  return app
}

function sourceOf(name: string, period: Period, journalPath: string): Source | null {
  if (Object.hasOwn(journalExports, name))
    return journalSource(journalPath, name as keyof typeof journalExports, period)
  const table = exportedTables[name as keyof typeof exportedTables]
  const isBounded = period.from !== undefined || period.below !== undefined
  return isBounded && !('time' in table) ? null : historySource(table, period)
}

function periodOf(from: string | undefined, below: string | undefined): Period | string {
  try {
    return { from: secondOf(from), below: secondOf(below) }
  } catch {
    return 'from and below are Unix seconds, or days of UTC such as 2026-04-30'
  }
}

function secondOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined
  return /^\d{1,15}$/.test(text) ? BigInt(text) : BigInt(parseDay(text)) * 86_400n
}
