import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { desc } from 'drizzle-orm'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { formatEther } from 'viem'
import { observationKey } from '../../protocol/observation.ts'
import type { ApiContext } from './graphql/context.ts'
import { isoTime } from './iso-time.ts'

const LATEST = 50

/** The plain start page: the latest results, what became of them, and where to ask for more. Everything is escaped. */
export async function startPage(c: Context, { loaders, journal, chainId, contract, indexHead }: ApiContext) {
  const results = await db.select().from(schema.result).orderBy(desc(schema.result.postedAt)).limit(LATEST)
  const [head, totals] = await Promise.all([indexHead(), journal.totals()])
  const rows = await Promise.all(
    results.map(async (row) => {
      const [verdict, request] = await Promise.all([
        loaders.replay.load(observationKey({ ...row, chainId })),
        loaders.request.load(row.requestId),
      ])
      return html`<tr>
        <td><code title="${row.id}">${short(row.id)}</code></td>
        <td><code title="${row.modelId}">${short(row.modelId)}</code></td>
        <td><code title="${row.nodeId}">${short(row.nodeId)}</code></td>
        <td>${request ? formatEther(request.fee) : ''} ETH</td>
        <td class="${row.status}">${row.status}</td>
        <td class="${verdict?.kind ?? ''}">${verdict?.kind ?? 'not judged'}</td>
        <td>${verdict?.distance === null || verdict?.distance === undefined ? '' : verdict.distance.toExponential(2)}</td>
        <td><time datetime="${isoTime(row.postedAt)}">${isoTime(row.postedAt)}</time></td>
      </tr>`
    }),
  )
  return c.html(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gainsay: latest results</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); white-space: nowrap; }
.rejected, .invalid { color: light-dark(#b3261e, #ff8a80); font-weight: 600; }
.finalized, .valid { color: light-dark(#14691f, #81c995); }
.challenged, .revealed, .undetermined { color: light-dark(#8a5300, #fdd663); }
</style>
</head>
<body>
<h1>Gainsay</h1>
<p>Contract <code>${contract}</code> on chain ${chainId}, indexed to block ${String(head.blockNumber)}.
${
  totals
    ? html`This watcher observed ${totals.observed} results: ${totals.valid} valid, ${totals.invalid} invalid,
${totals.undetermined} undetermined, ${totals.unchecked} left unchecked; ${totals.challenges} challenged.`
    : html`No watcher has run here yet.`
}</p>
<p><a href="/graphql">GraphQL</a> · <a href="/ponder">Ponder’s GraphQL</a> · <a href="/readiness">readiness</a></p>
<h2>Latest results</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Latest results">
<table>
<thead><tr><th scope="col">result</th><th scope="col">model</th><th scope="col">node</th><th scope="col">fee</th><th scope="col">status</th><th scope="col">our verdict</th><th scope="col">distance</th><th scope="col">posted</th></tr></thead>
<tbody>${rows.length > 0 ? rows : html`<tr><td colspan="8">No results yet.</td></tr>`}</tbody>
</table>
</div>
</body>
</html>`)
}

function short(hex: string): string {
  return `${hex.slice(0, 10)}…`
}
