import { CompiledQuery, type Selectable } from 'kysely'
import type { Journal } from './open.ts'
import type { VerdictTable } from './tables.ts'

type Row = Omit<Selectable<VerdictTable>, 'tries'>

/** A verdict that waits to be written, and whoever waits for it. */
interface Pending {
  readonly row: Row
  resolve(): void
  reject(error: unknown): void
}

/** Verdicts of this turn of the event loop, by journal. */
const waiting = new WeakMap<Journal, Pending[]>()

/**
 * Records a verdict. It replaces one that was undetermined; any other is final, and the new one is ignored. Resolves when
 * it is on disk.
 *
 * Verdicts of one turn of the event loop are written together: a commit waits for the disk, which takes longer than a
 * small model to run, and a batch's verdicts are there all at once.
 */
export function recordVerdict(journal: Journal, row: Row): Promise<void> {
  return new Promise((resolve, reject) => {
    const pending = { row, resolve, reject }
    const others = waiting.get(journal)
    if (others) return void others.push(pending)
    const all: Pending[] = [pending]
    waiting.set(journal, all)
    setImmediate(() => {
      waiting.delete(journal)
      for (let at = 0; at < all.length; at += MAX_ROWS) void writeAll(journal, all.slice(at, at + MAX_ROWS))
    })
  })
}

/** SQLite takes 32,766 parameters. */
const MAX_ROWS = 256

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
  const parameters = all.flatMap(({ row }) => columns.map((column) => row[column]))
  await journal.executeQuery(CompiledQuery.raw(statement(all.length), parameters))
}

const columns = [
  ...(['observationKey', 'kind', 'step', 'output', 'distance', 'tolerance', 'reason'] as const),
  ...(['evidence', 'runtimes', 'ms', 'judgedAt', 'retryAt'] as const),
] satisfies (keyof Row)[]

/** Written out: to build and compile a query of 32 rows takes Kysely longer than SQLite to run it. */
function statement(rows: number): string {
  const row = `(${columns.map(() => '?').join(', ')})`
  return `insert into verdict (${columns.join(', ')}) values ${Array(rows).fill(row).join(', ')}
    on conflict (observationKey) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')},
    tries = verdict.tries + 1 where verdict.kind = 'undetermined'`
}
