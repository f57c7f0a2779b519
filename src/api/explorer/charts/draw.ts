import { type PlotOptions, plot } from '@observablehq/plot'
import { html } from 'hono/html'
import { parseHTML } from 'linkedom'

/** Charts are drawn here, in a document that no browser has: readers get finished SVG and need no script. */
const { document } = parseHTML('<!doctype html><html lang="en"><body></body></html>')

/**
 * Draws a chart as SVG text. Colours are the page's own (`currentColor`, `var(--…)`), so it is light or dark as the page
 * is. What Plot writes as inline style, which no page here allows, is in `assets/explorer.css` under `.plot`.
 *
 * @param label what the chart shows, in words: all that a screen reader gets, so it says the numbers that matter
 */
export function draw(label: string, options: PlotOptions): string {
  const svg = plot({ ...options, className: 'plot', document: document as unknown as Document })
  for (const style of svg.querySelectorAll('style')) style.remove()
  for (const element of svg.querySelectorAll('*')) {
    for (const name of ['style', 'aria-label', 'aria-hidden', 'aria-description']) element.removeAttribute(name)
  }
  svg.removeAttribute('style')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', LABEL)
  // linkedom leaves < and > in attributes as they are. That is correct, but nothing of a stranger goes out unescaped here.
  return svg.outerHTML.replace(LABEL, () => String(html`${label}`))
}

const LABEL = 'the-label-of-this-chart'
