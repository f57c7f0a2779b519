import { html } from 'hono/html'
import type { Reliable, ResultStatus } from './status.ts'

/** Fill of each kind: at least 4.5 : 1 against white text (WCAG 2.2, 1.4.3). */
const COLOURS: Readonly<Record<Reliable, string>> = { yes: '#14691f', no: '#b3261e', 'not yet': '#8a5300' }

const LABEL = 'gainsay'
/** Width of a character of 11 px Verdana, upper estimate in px; no text is measured on a server. */
const ADVANCE = 7.2
const PADDING = 10

/** A badge for a README or a wallet: `gainsay | finalized`. An SVG without scripts, fonts or links of its own. */
export function badge({ status, reliable }: Pick<ResultStatus, 'status' | 'reliable'>): string {
  const left = Math.ceil(LABEL.length * ADVANCE) + PADDING
  const right = Math.ceil(status.length * ADVANCE) + PADDING
  const title = `${LABEL}: ${status}`
  return String(
    html`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${title}"><title>${title}</title><rect width="${left}" height="20" fill="#3c4043"/><rect x="${left}" width="${right}" height="20" fill="${COLOURS[reliable]}"/><g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="${left / 2}" y="14">${LABEL}</text><text x="${left + right / 2}" y="14">${status}</text></g></svg>`,
  )
}
