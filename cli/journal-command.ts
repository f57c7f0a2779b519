import { createWriteStream } from 'node:fs'
import { join, resolve } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type SqliteDatabase from 'better-sqlite3'
import Table from 'cli-table3'
import { stringify } from 'csv-stringify'
import { formatEther } from 'viem'
import { browse, type Filter, type Row } from '../journal/browse.ts'
import { JournalError, openDatabaseReadOnly } from '../journal/open.ts'
import { type ShownTable, shownTables } from '../journal/tables-shown.ts'
import { environment } from './environment.js'
import { exitCodes, UserError } from './exit.ts'
import { printable } from './printable.ts'

/** What `list` and `export` take on the command line. */
export interface FilterOptions {
  kind?: string
  state?: string
  result?: string
  since?: string
}

/** `gainsay journal list`: the newest rows as a table. */
export function runJournalList(table: ShownTable, options: FilterOptions & { limit: number }): void {
  const database = openForReading()
  const rows = [...browse(database, table, filterOf(options), options.limit)]
  database.close()
  const columns = SHOWN[table]
  const view = new Table({ head: [...columns], style: { head: [], border: [] } })
  for (const row of rows) view.push(columns.map((column) => cell(column, row[column] ?? null)))
  console.log(rows.length === 0 ? `no ${table}: ${shownTables[table].about}` : view.toString())
}

/**
 * `gainsay journal export`: rows as JSON Lines or CSV, streamed, so that memory stays flat however long the history is.
 *
 * Amounts are decimal strings of wei. In CSV a text that a spreadsheet would take for a formula begins with an apostrophe:
 * reasons quote what strangers put on chain.
 */
export async function runJournalExport(
  table: ShownTable | undefined,
  options: FilterOptions & { format: 'jsonl' | 'csv'; output?: string },
): Promise<void> {
  if (options.format === 'csv' && !table)
    throw new UserError(
      `CSV holds one table: name one of ${Object.keys(shownTables).join(', ')}, or use --format jsonl for all.`,
      exitCodes.usage,
    )
  const filter = filterOf(options)
  const database = openForReading()
  const to = options.output ? createWriteStream(resolve(options.output), { mode: 0o600 }) : process.stdout
  try {
    if (options.format === 'csv' && table) await exportCsv(database, table, filter, to)
    else await exportLines(database, table, filter, to)
    if (options.output) {
      to.end()
      await finished(to)
    }
  } catch (error) {
    // Whoever reads has enough, such as `head`.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  } finally {
    database.close()
  }
}

/** Writes the rows of one table as CSV with a header. */
export async function exportCsv(
  database: SqliteDatabase.Database,
  table: ShownTable,
  filter: Filter,
  to: Writable,
): Promise<void> {
  const columns = database
    .prepare(shownTables[table].sql)
    .columns()
    .map(({ name }) => name)
  const rows = Readable.from(browse(database, table, filter))
  await pipeline(rows, stringify({ header: true, columns, escape_formulas: true }), to, { end: false })
  await flushed(to)
}

/** Writes rows as JSON Lines, each with the name of its table; of every table when none is named. */
export async function exportLines(
  database: SqliteDatabase.Database,
  table: ShownTable | undefined,
  filter: Filter,
  to: Writable,
): Promise<void> {
  const names = table ? [table] : (Object.keys(shownTables) as ShownTable[])
  function* lines(): Generator<string> {
    for (const name of names)
      for (const row of browse(database, name, filter)) yield `${JSON.stringify({ table: name, ...row })}\n`
  }
  await pipeline(Readable.from(lines()), to, { end: false })
  await flushed(to)
}

/** Waits until everything is written: a stream that stays open is only told to. */
function flushed(to: Writable): Promise<void> {
  return new Promise((resolve, reject) => to.write('', (error) => (error ? reject(error) : resolve())))
}

/** The data folder's journal: reading it needs no other configuration. */
export function journalPath(): string {
  return join(resolve(environment.GAINSAY_DATA_DIR || '.gainsay'), 'journal.sqlite')
}

/** @throws JournalError when there is none, or it is of another version */
export function openForReading(): SqliteDatabase.Database {
  const path = journalPath()
  const database = openDatabaseReadOnly(path)
  if (!database)
    throw new JournalError(
      `There is no journal at ${path}, or an older version made it. Set GAINSAY_DATA_DIR, or start the watcher once.`,
    )
  return database
}

/** @throws UserError when `--since` is no time */
export function filterOf({ kind, state, result, since }: FilterOptions, now = Date.now()): Filter {
  return { kind, state, result, since: since === undefined ? undefined : timeOf(since, now) }
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function timeOf(text: string, now: number): number {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (amount && unit) return now - Number(amount) * UNITS[unit as keyof typeof UNITS]
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time))
    throw new UserError(
      `--since ${text}: give a date such as 2026-01-31, or how long ago such as 90m, 12h, 7d.`,
      exitCodes.usage,
    )
  return time
}

/** What fits beside each other on a terminal; `export` has every column. */
const SHOWN: Readonly<Record<ShownTable, readonly string[]>> = {
  actions: ['updatedAt', 'kind', 'state', 'resultId', 'value', 'reason'],
  attempts: ['createdAt', 'kind', 'state', 'hash', 'nonce', 'blockNumber', 'gasPaid'],
  verdicts: ['judgedAt', 'kind', 'step', 'resultId', 'distance', 'tries', 'reason'],
  results: ['seenAt', 'kind', 'state', 'resultId', 'node', 'blockNumber'],
  findings: ['foundAt', 'kind', 'resultId', 'operator', 'reason'],
  entries: ['at', 'kind', 'amount', 'resultId', 'transactionHash', 'blockNumber'],
}

function cell(column: string, value: Row[string]): string {
  if (value === null) return ''
  if (column.endsWith('At') || column === 'at') return new Date(Number(value)).toISOString().slice(0, 19)
  if (column === 'value' || column === 'amount' || column === 'gasPaid')
    return value === '0' ? '' : `${formatEther(BigInt(value))} ETH`
  const text = String(value)
  if (/^0x[0-9a-f]{40,}$/i.test(text)) return `${text.slice(0, 10)}…`
  return printable(text, 60)
}
