import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { openJournal } from '../../journal/open.ts'
import { ask } from '../apps.ts'
import type { SmallChain } from './chain.ts'
import type { Database } from './past-days.ts'
import { addPastJournal } from './past-journal.ts'
import { addPastYear } from './past-year.ts'
import { type Serving, serve } from './serve.ts'

/**
 * Serves an index with that many past results: makes it first unless the folder has one from before.
 *
 * The rows are put in while the index is down, which is the only way with PGlite. When it starts again, Ponder takes them
 * for its own: it knows its tables by the hash of its code alone, and makes its database indexes anew.
 */
export async function serveFilled(
  chain: SmallChain,
  { folder, results, databaseUrl }: { folder: string; results: number; databaseUrl?: string },
): Promise<Serving> {
  const dataDir = join(folder, 'data')
  mkdirSync(dataDir, { recursive: true })
  const done = join(folder, 'filled')
  const index = await serve(chain, dataDir, databaseUrl)
  // Other indexing code has other tables.
  if (!existsSync(done) || readFileSync(done, 'utf8') !== index.schema) {
    await index.stop()
    const opened = databaseUrl ? await openPostgres(databaseUrl) : await openPglite(join(dataDir, 'index'))
    try {
      const event = await prepare(opened, index.schema, chain)
      await addPastYear(opened, { ...chain, results })
      // What Postgres does by itself in time. Nobody ever does it to PGlite.
      if (!opened.isPglite) await opened.query('vacuum analyze')
      const journal = join(dataDir, 'journal.sqlite')
      for (const suffix of ['', '-wal', '-shm']) rmSync(journal + suffix, { force: true })
      await (await openJournal(journal)).destroy()
      addPastJournal(journal, { ...chain, results, event: { chainId: chain.chainId, ...event } })
    } finally {
      await opened.close()
    }
    writeFileSync(done, index.schema)
    return checked(await serve(chain, dataDir, databaseUrl), results)
  }
  return checked(index, results)
}

/** Makes sure that nothing is measured on empty tables. */
async function checked(index: Serving, results: number): Promise<Serving> {
  const answer = await ask(index.apiUrl, '{ results(first: 1) { totalCount } watcher { observed } }')
  const { totalCount } = answer.results as { totalCount: number }
  const { observed } = answer.watcher as { observed: number }
  if (totalCount === results + 1 && observed === results) return index
  await index.stop()
  throw new Error(`there are ${totalCount} results and ${observed} observations, not ${results}`)
}

type Opened = Database & { isPglite: boolean; close(): Promise<void> }

async function openPostgres(databaseUrl: string): Promise<Opened> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  return { isPglite: false, query: (text) => client.query(text), close: () => client.end() }
}

async function openPglite(folder: string): Promise<Opened> {
  const database = await PGlite.create(folder)
  return { isPglite: true, query: (text) => database.query(text), close: () => database.close() }
}

/** Looks at the right schema, notes nothing for reorgs, and leaves the indexes to Ponder, which makes them faster at the end. */
async function prepare(database: Database, schema: string, { resultId }: SmallChain) {
  await database.query(`set search_path to "${schema}"`)
  await database.query('set session_replication_role = replica')
  const indexes = await database.query(
    `select i.relname as name from pg_index x join pg_class i on i.oid = x.indexrelid
      join pg_namespace n on n.oid = i.relnamespace join pg_class t on t.oid = x.indrelid
      where n.nspname = '${schema}' and not x.indisunique and not starts_with(t.relname, '_reorg')`,
  )
  for (const { name } of indexes.rows as { name: string }[]) await database.query(`drop index "${name}"`)
  const { rows } = await database.query(
    `select block_hash as "blockHash", transaction_hash as "transactionHash" from result where id = '${resultId}'`,
  )
  if (!rows[0]) throw new Error('the index does not have the result to copy')
  return rows[0] as { blockHash: string; transactionHash: string }
}
