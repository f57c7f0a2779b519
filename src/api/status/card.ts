import { html } from 'hono/html'
import { isoTime } from '../iso-time.ts'
import type { ResultStatus } from './status.ts'

const TONES = { yes: 'yes', no: 'no', 'not yet': 'open', 'see verdict': 'open' } as const

/** A small page to embed in an `iframe`: what a result's status means, until when. Everything is escaped; no script. */
export function card(it: ResultStatus) {
  const until = it.windowEnd === null ? null : isoTime(it.windowEnd)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Result ${it.id}: ${it.status}</title>
<style>
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 0; padding: .8rem 1rem; }
h1 { font-size: 1rem; margin: 0 0 .3rem; }
p, dl { margin: 0 0 .4rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .8rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.yes { color: light-dark(#14691f, #81c995); }
.no { color: light-dark(#b3261e, #ff8a80); }
.open { color: light-dark(#8a5300, #fdd663); }
</style>
</head>
<body>
<h1 class="${TONES[it.reliable]}">${it.status}</h1>
<p>${it.meaning}</p>
<dl>
<dt>result</dt><dd><code>${it.id}</code></dd>
<dt>node</dt><dd>${it.node === null ? 'not named' : html`<code>${it.node}</code>`}</dd>
<dt>network</dt><dd>${it.network}, chain ${it.chainId}</dd>
<dt>output</dt><dd><code>${it.outputHash}</code></dd>
${until === null ? '' : html`<dt>window ends</dt><dd><time datetime="${until}">${until}</time></dd>`}
<dt>replayed</dt><dd>${it.verdict ?? 'not by this watcher'}</dd>
</dl>
</body>
</html>`
}
