import { html } from 'hono/html'
import type { Reliable, ResultStatus } from './status.ts'

/** Fill of each kind: at least 4.5 : 1 against white text (WCAG 2.2, 1.4.3). */
const COLOURS: Readonly<Record<Reliable, string>> = {
  yes: '#14691f',
  no: '#b3261e',
  'not yet': '#8a5300',
  'see verdict': '#3b5b92',
}

/** What a replay says stands in for what the chain cannot say. */
function colourOf({ reliable, verdict }: Pick<ResultStatus, 'reliable' | 'verdict'>): string {
  if (reliable !== 'see verdict') return COLOURS[reliable]
  return verdict === 'invalid' ? COLOURS.no : COLOURS['see verdict']
}

const LABEL = 'gainsay'
/** Width of a character of 11 px Verdana, upper estimate in px; no text is measured on a server. */
const ADVANCE = 7.2
const PADDING = 10

/** A badge for a README or a wallet: `gainsay | finalized`. An SVG without scripts, fonts or links of its own. */
export function badge(it: Pick<ResultStatus, 'status' | 'reliable' | 'verdict'>): string {
  const { reliable } = it
  // Where the chain says no more than that it was recorded, what the replay said is all there is to show.
  const status = reliable === 'see verdict' && it.verdict ? `${it.status}, ${it.verdict}` : it.status
  const left = Math.ceil(LABEL.length * ADVANCE) + PADDING
  const right = Math.ceil(status.length * ADVANCE) + PADDING
  const title = `${LABEL}: ${status}`
  return String(
    html`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${title}"><title>${title}</title><rect width="${left}" height="20" fill="#3c4043"/><rect x="${left}" width="${right}" height="20" fill="${colourOf(it)}"/><g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="${left / 2}" y="14">${LABEL}</text><text x="${left + right / 2}" y="14">${status}</text></g></svg>`,
  )
}
