import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { compress } from 'hono/compress'
import { assetAt } from './assets.ts'
import { type ExplorerParts, pageContexts } from './context.ts'
import { kept } from './kept.ts'
import type { Page } from './page.ts'
import { accountPage } from './pages/account.tsx'
import { analyticsPage } from './pages/analytics.tsx'
import { batchPage } from './pages/batch.tsx'
import { batchesPage } from './pages/batches.tsx'
import { docsPage } from './pages/docs.tsx'
import { missingPage } from './pages/missing.tsx'
import { modelPage } from './pages/model.tsx'
import { modelsPage } from './pages/models.tsx'
import { nodePage } from './pages/node.tsx'
import { nodesPage } from './pages/nodes.tsx'
import { overviewPage } from './pages/overview.tsx'
import { requestPage } from './pages/request.tsx'
import { resultPage } from './pages/result.tsx'
import { resultsPage } from './pages/results.tsx'
import { searchPage } from './pages/search.tsx'
import { taskPage } from './pages/task.tsx'
import { tasksPage } from './pages/tasks.tsx'
import { watcherPage } from './pages/watcher.tsx'

const PAGES: Readonly<Record<string, Page>> = {
  '/': overviewPage,
  '/results': resultsPage,
  '/results/:id': resultPage,
  '/requests/:id': requestPage,
  '/models': modelsPage,
  '/models/:id': modelPage,
  '/nodes': nodesPage,
  '/nodes/:id': nodePage,
  '/accounts/:id': accountPage,
  '/analytics': analyticsPage,
  '/tasks': tasksPage,
  '/tasks/:id': taskPage,
  '/batches': batchesPage,
  '/batches/:id': batchPage,
  '/watcher': watcherPage,
  '/search': searchPage,
  '/docs': docsPage,
}

/**
 * Nothing on a page runs or is fetched but the explorer's own files, whatever the chain's strings say: no inline script, no
 * inline style, no frame, no form to elsewhere (CSP Level 3).
 */
const POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
  ...["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
].join('; ')

/** Pages kept for a moment, so that many readers of one page cost as much as one: at most some MB. */
const KEPT = 64
/** Longest address that is looked at, in characters. */
const LONGEST = 2000

interface Answer {
  readonly status: 200 | 303 | 404
  readonly body: string
}

/** The explorer: pages for people over index and journal. */
export function explorerRoutes(parts: ExplorerParts): Hono {
  const app = new Hono()
  const contextOf = pageContexts(parts)

  app.get('/assets/:version/:name', compress(), (c) => {
    const asset = assetAt(c.req.param('version'), c.req.param('name'))
    if (!asset) return c.text('There is no such file.', 404)
    c.header('cache-control', 'public, max-age=31536000, immutable')
    c.header('x-content-type-options', 'nosniff')
    return c.body(asset.body, 200, { 'content-type': asset.type })
  })

  const answer = kept(async (key): Promise<Answer> => {
    const { path, id, address } = JSON.parse(key) as { path: string; id: string; address: string }
    const url = new URL(address, 'http://explorer')
    const context = await contextOf()
    const made = await PAGES[path]?.(context, url, id)
    if (made !== null && typeof made === 'object' && 'goTo' in made) return { status: 303, body: made.goTo }
    return made === null
      ? { status: 404, body: `<!doctype html>${await missingPage(context, url)}` }
      : { status: 200, body: `<!doctype html>${await made}` }
  }, KEPT)

  for (const path of Object.keys(PAGES))
    app.get(path, compress(), async (c) => {
      const { pathname, search } = new URL(c.req.url)
      if (pathname.length + search.length > LONGEST) return c.text(`An address has at most ${LONGEST} characters.`, 414)
      const id = c.req.param('id') ?? ''
      const { status, body } = await answer(JSON.stringify({ path, id, address: pathname + search }))
      return status === 303 ? c.redirect(body, 303) : send(c, status, body)
    })
  // Without it, whoever asks would be shown a stack with the paths of this machine.
  app.onError((error, c) => {
    console.error(error)
    c.header('content-security-policy', POLICY)
    return c.text('This page could not be made. The log of the index says why.', 500)
  })
  return app
}

function send(c: Context, status: 200 | 404, body: string): Response {
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  c.header('content-security-policy', POLICY)
  c.header('x-content-type-options', 'nosniff')
  c.header('referrer-policy', 'no-referrer')
  c.header('cache-control', 'no-cache')
  c.header('vary', 'accept-encoding')
  c.header('etag', etag)
  if (status === 200 && c.req.header('if-none-match')?.includes(etag)) return c.body(null, 304)
  return c.html(body, status)
}
