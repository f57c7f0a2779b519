import SqliteDatabase from 'better-sqlite3'
import { idOf, isRejected, modelOf, nodeOf, postedAt, settledOf } from './ids.ts'

/** Gives a journal what a watcher would have found and done about the results of `addPastYear`. */
export function addPastJournal(
  path: string,
  {
    results,
    tip,
    event,
  }: { results: number; tip: bigint; event: { chainId: number; blockHash: string; transactionHash: string } },
): void {
  const journal = new SqliteDatabase(path)
  journal.pragma('synchronous = OFF')
  const observe = journal.prepare(
    "insert into observation (key, resultId, requestId, modelId, node, blockNumber, blockHash, seenAt, settlement) values (?, ?, '0x', ?, ?, 1, ?, ?, ?)",
  )
  const judge = journal.prepare(
    `insert into verdict (observationKey, kind, step, output, distance, tolerance, evidence, runtimes, ms, judgedAt, tries)
      values (?, ?, ?, 'y', ?, 1e-5, ?, '["onnxruntime-node"]', 1, ?, 1)`,
  )
  const act = journal.prepare(
    "insert into action (key, kind, observationKey, resultId, value, state, reason, createdAt, updatedAt) values (?, 'challenge', ?, ?, '1', 'done', 'it was wrong', 0, 0)",
  )
  const send = journal.prepare(
    "insert into attempt (hash, actionId, sender, nonce, raw, state, blockNumber, blockHash, gasPaid, createdAt) values (?, ?, '0x', ?, '0x', 'mined', 1, ?, '64765484238847', 0)",
  )
  const evidence = JSON.stringify({ output: 'y', kind: 'distance', distance: 2, tolerance: 1e-5, at: 0 })
  journal.transaction(() => {
    for (let g = 1; g <= results; g++) {
      const key = `${event.chainId}:${event.blockHash}:${event.transactionHash}:${g}`
      const resultId = idOf(`result ${g}`)
      const isSettled = g <= settledOf(results)
      const isWrong = isSettled && isRejected(g)
      observe.run(
        key,
        resultId,
        modelOf(g),
        nodeOf(g),
        event.blockHash,
        postedAt(g, results, tip) * 1000,
        isSettled ? (isWrong ? 'rejected' : 'finalized') : null,
      )
      judge.run(
        key,
        isWrong ? 'invalid' : 'valid',
        isWrong ? 'second' : 'bytes',
        isWrong ? 2 : 0,
        isWrong ? evidence : null,
        g,
      )
      if (!isWrong) continue
      const { lastInsertRowid } = act.run(`challenge:${key}`, key, resultId)
      send.run(idOf(`attempt ${g}`), lastInsertRowid, g, event.blockHash)
    }
  })()
  journal.pragma('wal_checkpoint(TRUNCATE)')
  journal.close()
}
