import SqliteDatabase from 'better-sqlite3'
import pg from 'pg'
import type { Hex } from 'viem'

/**
 * Gives an index and a journal a past that the chain does not have: copies of one settled result, with ids of their own. A
 * hundred thousand results of real transactions would take an hour to make and to index; what is asked of the chain depends
 * on rows alone, if on the past at all.
 */
export async function addPast(
  databaseUrl: string,
  journalPath: string,
  { resultId, copies, chainId }: { resultId: Hex; copies: number; chainId: number },
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // Ponder's triggers would note each row for the case of a reorg.
    await client.query('set session_replication_role = replica')
    const found = await client.query(
      "select table_schema as s from information_schema.tables where table_name = 'timeline' and table_schema like 'gainsay_%'",
    )
    await client.query(`set search_path to ${(found.rows[0] as { s: string }).s}`)
    const { rows } = await client.query('select * from result where id = $1', [resultId])
    const [template] = rows as {
      block_hash: string
      transaction_hash: string
      block_number: string
      request_id: string
    }[]
    if (!template) throw new Error('the index does not have the result to copy')
    const copy = (table: string, where: string, ids: string) =>
      client.query(
        `insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(t) || ${ids})).*
         from ${table} t, generate_series(1, $1::int) g where ${where} = $2`,
        [copies, table === 'request' ? template.request_id : resultId],
      )
    const id = (kind: string) => `'0x' || md5('${kind}' || g) || md5(g || '${kind}')`
    const both = `'request_id', ${id('request')}`
    await copy('result', 't.id', `jsonb_build_object('id', ${id('result')}, ${both}, 'log_index', g)`)
    await copy('request', 't.id', `jsonb_build_object('id', ${id('request')}, 'result_id', ${id('result')})`)
    await copy(
      'timeline',
      't.result_id',
      `jsonb_build_object('id', t.id || '-' || g, ${both}, 'result_id', ${id('result')})`,
    )
    const copied = await client.query('select id, log_index from result where log_index > 0 and id <> $1', [resultId])
    fillJournal(journalPath, template, copied.rows as { id: string; log_index: number }[], chainId)
  } finally {
    await client.end()
  }
}

function fillJournal(
  path: string,
  posted: { block_hash: string; transaction_hash: string; block_number: string },
  copies: readonly { id: string; log_index: number }[],
  chainId: number,
): void {
  const journal = new SqliteDatabase(path)
  const observe = journal.prepare(
    "insert into observation (key, resultId, requestId, modelId, node, blockNumber, blockHash, seenAt, settlement) values (?, ?, '0x', '0x', '0x', ?, ?, 0, 'finalized')",
  )
  const judge = journal.prepare(
    "insert into verdict (observationKey, kind, step, runtimes, ms, judgedAt, tries) values (?, 'valid', 'bytes', '[]', 1, 0, 1)",
  )
  journal.transaction(() => {
    for (const { id, log_index } of copies) {
      const key = `${chainId}:${posted.block_hash}:${posted.transaction_hash}:${log_index}`
      observe.run(key, id, Number(posted.block_number), posted.block_hash)
      judge.run(key)
    }
  })()
  journal.close()
}
