import { Hono } from 'hono'
import { cached, idOf, refused, tagged } from '../answers.ts'
import type { JournalReader } from '../journal.ts'
import { recent } from '../recent.ts'
import { attestationsByResult } from './read.ts'

/** Answers kept for a moment, and for how many milliseconds. */
const KEPT = 1000
const FRESH_MS = 1000
/** Seconds for which a browser or proxy may keep an answer: a result may be attested any time. */
const MAX_AGE = 30

/**
 * `GET /results/:id/attestations`: what this watcher has signed about a result, each as viem's `verifyTypedData` takes it. A
 * result that nobody has posted has none: whether it exists is what `/results/:id/status` says.
 */
export function attestationRoutes(journal: JournalReader): Hono {
  const kept = recent<string>({ freshMs: FRESH_MS, size: KEPT })
  const app = new Hono()
  app.get('/results/:id/attestations', async (c) => {
    const id = idOf.safeParse(c.req.param('id'))
    if (!id.success) return refused(c, 400, 'a result id is 0x and 64 hex digits')
    const body = await kept(id.data, async () => {
      const [attestations] = await attestationsByResult(journal, [id.data])
      return JSON.stringify({ attestations })
    })
    return cached(c, tagged(body), 'application/json', MAX_AGE)
  })
  return app
}
