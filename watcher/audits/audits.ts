import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { OtherChain } from '../../chain/connect.ts'
import type { OpenGradientConfig } from '../../config/opengradient.ts'
import { type AuditRow, dueAudits, lastAuditBlock, recordBatches, updateAudit } from '../../journal/audits.ts'
import { observationKey } from '../../protocol/observation.ts'
import { Store } from '../../replay/artifacts/store.ts'
import { REORG_BLOCKS } from '../collect.ts'
import type { Following } from '../context.ts'
import { askBatches, type IndexedBatch } from './ask-batches.ts'
import { auditOne } from './audit-one.ts'
import { Auditor } from './auditor.ts'

/** What the archive of evidence may take on disk, in bytes; beyond it the least recently used goes. */
const ARCHIVE_BYTES = 20 * 2 ** 30
/** Batches taken up in one turn, and looked at together: their evidence comes from slow servers. */
const A_TURN = 32
const TOGETHER = 4

/** How audits are run. */
export interface AuditOptions {
  /** ms until what could not be told is tried again for the first time; twice as long each time after */
  retryMs?: number
}

/**
 * Audits settled calls of OpenGradient's language models until `signal` aborts: walks through what the index shows, keeps
 * the evidence before it expires, checks it and records what it shows. Beside the watcher's rounds and in a process of its
 * own, so that no replay and no transaction ever waits for it; what fails is logged, and tried again.
 */
export async function runAudits(
  it: Pick<Following, 'config' | 'journal' | 'artifacts' | 'log' | 'clock'>,
  { client, teeRegistry }: Pick<OtherChain, 'client'> & Pick<OpenGradientConfig, 'teeRegistry'>,
  signal: AbortSignal,
  { retryMs = 60_000 }: AuditOptions = {},
): Promise<void> {
  const { config, journal, artifacts, log, clock } = it
  const auditor = new Auditor()
  const archive = new Store(join(config.dataDir, 'evidence'), ARCHIVE_BYTES)
  const places = new PQueue({ concurrency: TOGETHER })
  const about = { journal, artifacts, log, clock, archive, auditor, client, retryMs }
  let failing = ''
  // A download that goes on has nothing to record any more.
  const stopped = new Promise<void>((resolve) => {
    const stop = () => {
      auditor.close()
      resolve()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  while (!signal.aborted) {
    let isIdle = true
    try {
      await collect()
      const due = await dueAudits(journal, clock(), A_TURN)
      isIdle = due.length < A_TURN
      const audits = places.addAll(
        (await shown(due)).map(([row, batch]) => async () => {
          if (!signal.aborted) await auditOne(about, teeRegistry, row, batch, signal)
        }),
      )
      await Promise.race([audits, stopped])
      if (failing) log.info('audits go on')
      failing = ''
    } catch (error) {
      const message = (error as Error).message
      if (message !== failing) log.warn({ err: error }, 'audits failed; trying again')
      failing = message
    }
    if (isIdle) await sleep(config.pollMs, undefined, { signal }).catch(() => {})
  }

  /** Records what the index shows that the journal does not know yet. */
  async function collect(): Promise<void> {
    const last = await lastAuditBlock(journal)
    // A reorg may have brought batches in since.
    const from = String(Math.max(0, (last ?? 0) - REORG_BLOCKS))
    let after: string | null = null
    do {
      const page = await askBatches(config.apiUrl, { blockNumber: { from } }, after)
      const rows = page.items.map((batch) => ({
        ...{ key: observationKey(batch), batchId: batch.id, blockNumber: Number(batch.blockNumber) },
      }))
      await recordBatches(journal, rows, clock())
      after = page.endCursor
    } while (after !== null && !signal.aborted)
  }

  /** These rows with what the index shows of them; what it does not show any more has vanished in a reorg. */
  async function shown(rows: readonly AuditRow[]): Promise<[AuditRow, IndexedBatch][]> {
    if (rows.length === 0) return []
    const { items } = await askBatches(config.apiUrl, { ids: rows.map(({ batchId }) => batchId) })
    const found = new Map(items.map((batch) => [observationKey(batch), batch]))
    const pairs: [AuditRow, IndexedBatch][] = []
    for (const row of rows) {
      const batch = found.get(row.key)
      if (batch) pairs.push([row, batch])
      else await updateAudit(journal, row.key, await afterwards(row))
    }
    return pairs
  }

  /** What becomes of a batch that the index does not show: gone with its block, or not indexed again yet. */
  async function afterwards({ key, blockNumber }: AuditRow): Promise<{ vanishedAt: number } | { retryAt: number }> {
    const { hash } = await client.getBlock({ blockNumber: BigInt(blockNumber) })
    return key.includes(`:${hash}:`) ? { retryAt: clock() + retryMs } : { vanishedAt: clock() }
  }
}
