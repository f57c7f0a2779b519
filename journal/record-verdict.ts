import { CompiledQuery, type Selectable } from 'kysely'
import type { NetworkName } from '../networks/network.ts'
import type { Journal } from './open.ts'
import type { VerdictTable } from './tables.ts'

type Row = Omit<Selectable<VerdictTable>, 'tries' | 'network'> & { network?: NetworkName }

/** A verdict that waits to be written, and whoever waits for it. */
interface Pending {
  readonly row: Row
  resolve(): void
  reject(error: unknown): void
}

/** Verdicts that wait for company, and the timer that ends the wait, by journal. */
const waiting = new WeakMap<Journal, { all: Pending[]; timer: NodeJS.Timeout }>()

/** As long as a verdict may wait, in ms, and as many as are written at once. */
const PATIENCE_MS = 100
const FULL = 64

/**
 * Records a verdict. It replaces one that was undetermined; any other is final, and the new one is ignored. Resolves when
 * it is on disk.
 *
 * Verdicts are written together, some at a time: a commit waits for the disk and takes a millisecond or two of CPU, longer
 * than a small model to run. One that says `invalid` does not wait, since somebody has to act on it.
 */
export function recordVerdict(journal: Journal, row: Row): Promise<void> {
  return new Promise((resolve, reject) => {
    const pending = { row, resolve, reject }
    const queue = waiting.get(journal) ?? { all: [], timer: setTimeout(() => flush(journal), PATIENCE_MS) }
    waiting.set(journal, queue)
    queue.all.push(pending)
    if (row.kind === 'invalid' || queue.all.length >= FULL) flush(journal)
  })
}

function flush(journal: Journal): void {
  const queue = waiting.get(journal)
  if (!queue) return
  waiting.delete(journal)
  clearTimeout(queue.timer)
  void writeAll(journal, queue.all)
}

async function writeAll(journal: Journal, all: readonly Pending[]): Promise<void> {
  try {
    await write(journal, all)
  } catch {
    // One that refers to nothing must not take the others with it.
    for (const one of all) await write(journal, [one]).catch(one.reject)
  }
  for (const { resolve } of all) resolve()
}

async function write(journal: Journal, all: readonly Pending[]): Promise<void> {
  const parameters = all.flatMap(({ row }) =>
    columns.map((column) => (column === 'network' ? (row.network ?? 'gainsay') : row[column])),
  )
  await journal.executeQuery(CompiledQuery.raw(statement(all.length), parameters))
}

const columns = [
  ...(['observationKey', 'kind', 'step', 'output', 'distance', 'tolerance', 'reason'] as const),
  ...(['evidence', 'runtimes', 'ms', 'judgedAt', 'retryAt', 'network'] as const),
] satisfies (keyof Row)[]

/** Written out: to build and compile a query of 32 rows takes Kysely longer than SQLite to run it. */
function statement(rows: number): string {
  const row = `(${columns.map(() => '?').join(', ')})`
  return `insert into verdict (${columns.join(', ')}) values ${Array(rows).fill(row).join(', ')}
    on conflict (observationKey) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')},
    tries = verdict.tries + 1 where verdict.kind = 'undetermined'`
}
