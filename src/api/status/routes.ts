import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { z } from 'zod'
import { cached, idOf, refused, type Tagged, tagged } from '../answers.ts'
import { recent } from '../recent.ts'
import { badge } from './badge.ts'
import { card } from './card.ts'
import { openApi } from './open-api.ts'
import type { ResultStatus } from './status.ts'
import { together } from './together.ts'

/** Most ids of one batch. */
export const MAX_BATCH = 200
/** Answers kept for a moment: at some 2 kB each, 10 MB. */
const KEPT = 5000
/**
 * How long an answer is taken from memory, in ms: below a block's time, so that nobody sees an older state than the index
 * had that long ago, after a reorg too.
 */
export const FRESH_MS = 250

const batchOf = z
  .string()
  .max(67 * MAX_BATCH)
  .transform((ids) => ids.split(','))
  .pipe(z.array(idOf).min(1).max(MAX_BATCH))

/** Seconds for which a browser or proxy may keep an answer: an open one for a block or two, one that stands for longer. */
const maxAge = (statuses: readonly (ResultStatus | null)[]): number => (statuses.every(stands) ? 60 : 2)

/** Whether this is the last word: settled, or where nothing settles it, judged. */
function stands(it: ResultStatus | null): boolean {
  if (it === null || it.reliable === 'not yet') return false
  return it.reliable !== 'see verdict' || it.verdict === 'valid' || it.verdict === 'invalid'
}

/**
 * What explorers and wallets ask: small, cacheable answers about single results.
 *
 * @param load statuses by id, in the order of the ids; null for what nobody has posted
 * @param now milliseconds
 */
export function statusRoutes(
  load: (ids: readonly string[]) => Promise<(ResultStatus | null)[]>,
  now?: () => number,
): Hono {
  const loadOne = together(load, MAX_BATCH)
  const kept = recent<Answer | null>({ freshMs: FRESH_MS, size: KEPT }, now)
  const answerOf = (id: string) => kept(id, async () => answered(await loadOne(id)))
  const app = new Hono()
  // Browsers ask before they send If-None-Match to another origin.
  app.options('/results/*', cors({ origin: '*', allowMethods: ['GET', 'HEAD'], maxAge: 86400 }))

  const about = (answer: (c: Context, known: Answer) => Response | Promise<Response>) => async (c: Context) => {
    const id = idOf.safeParse(c.req.param('id'))
    if (!id.success) return refused(c, 400, 'a result id is 0x and 64 hex digits')
    const known = await answerOf(id.data)
    if (!known) return refused(c, 404, `no result ${id.data} is known; the index may not have come to it yet`)
    return answer(c, known)
  }

  app.get(
    '/results/:id/status',
    about((c, { json, status }) => cached(c, json, 'application/json', maxAge([status]))),
  )
  app.get('/results/status', async (c) => {
    const ids = batchOf.safeParse(c.req.query('ids') ?? '')
    if (!ids.success) return refused(c, 400, `ids: 1 to ${MAX_BATCH} result ids, separated by commas`)
    const unique = [...new Set(ids.data)]
    const found = await load(unique)
    const statuses = Object.fromEntries(unique.map((id, i) => [id, found[i] ?? null]))
    return cached(c, tagged(JSON.stringify({ statuses })), 'application/json', maxAge(found))
  })
  app.get(
    '/results/:id/badge.svg',
    about((c, { status }) => cached(c, tagged(badge(status)), 'image/svg+xml', maxAge([status]))),
  )
  app.get(
    '/results/:id/card',
    about(async (c, { status }) => {
      // Nothing of it runs: no script, no request, whatever the chain's strings say.
      const policy = { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }
      return cached(c, tagged(String(await card(status))), 'text/html; charset=utf-8', maxAge([status]), policy)
    }),
  )
  const description = tagged(JSON.stringify(openApi))
  app.get('/openapi.json', (c) => cached(c, description, 'application/json', 3600))
  return app
}

/** What is said of one result, written and tagged once for all who ask meanwhile. */
interface Answer {
  status: ResultStatus
  json: Tagged
}

function answered(status: ResultStatus | null): Answer | null {
  return status && { status, json: tagged(JSON.stringify(status)) }
}
