import { stringify } from 'csv-stringify/sync'
import type { Row, Source } from './source.ts'

/** As what rows can be exported. */
export const formats = {
  csv: {
    type: 'text/csv; charset=utf-8',
    head: (columns: readonly string[]) => stringify([[...columns]]),
    // A text that a spreadsheet would take for a formula begins with an apostrophe: strangers put it on chain.
    rows: (rows: readonly Row[], columns: readonly string[]) =>
      stringify([...rows], { columns: [...columns], escape_formulas: true }),
  },
  jsonl: {
    type: 'application/x-ndjson; charset=utf-8',
    head: () => '',
    rows: (rows: readonly Row[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  },
}
export type Format = keyof typeof formats

/** About so many characters are read at once, whatever the size of a row. */
const CHUNK = 512 * 1024
const [FEWEST, FIRST, MOST] = [10, 50, 1000]

/** A source as text, a page at a time. What is in memory is one page, however many there are. */
export async function* linesOf(source: Source, format: Format): AsyncGenerator<string> {
  const { head, rows } = formats[format]
  const { columns } = source
  yield head(columns)
  let after: Row | null = null
  for (let limit = FIRST; ; ) {
    const page: Row[] = await source.page(after, limit)
    if (page.length === 0) return
    const text = rows(page, columns)
    yield text
    if (page.length < limit) return
    after = page.at(-1) as Row
    // Rows can hold a few bytes or a whole block's: the next page is as long as this one suggests.
    limit = Math.round(Math.min(MOST, Math.max(FEWEST, (CHUNK * page.length) / text.length)))
  }
}
