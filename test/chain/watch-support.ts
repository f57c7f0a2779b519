import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { privateKeyToAccount } from 'viem/accounts'
import { connect } from '../../chain/connect.ts'
import { parseConfig } from '../../config/config.ts'
import { openJournal } from '../../journal/open.ts'
import { claimJournal, recordObservation } from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { observationKey } from '../../protocol/observation.ts'
import type { Watch } from '../../watcher/context.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'
import { watch } from '../../watcher/watch.ts'
import type { Stage } from '../index/support/stage.ts'
import type { FakeIndex } from './fake-index.ts'

/** A watcher in this process that has judged already: it needs no models, and would challenge what it holds for invalid. */
export interface Started {
  it: Watch
  /** its log lines */
  log: string[]
  /** ends with the watcher; rejects when it gives up */
  ended: Promise<void>
  /** Waits until so many more rounds have begun. */
  rounds(count: number): Promise<void>
  stop(): Promise<void>
}

/** Starts a watcher on its own journal, which holds these results for invalid. */
export async function startWatch(
  stage: Stage,
  index: FakeIndex,
  options: {
    rpcUrls: string[]
    invalid?: readonly Pick<IndexedResult, 'id' | 'blockHash' | 'blockNumber' | 'transactionHash' | 'logIndex'>[]
    env?: Record<string, string>
    dataDir?: string
  },
): Promise<Started> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'gainsay-watch-'))
  const config = parseConfig({
    ...{ GAINSAY_RPC_URL: options.rpcUrls.join(','), GAINSAY_CHAIN_ID: String(stage.chainId), GAINSAY_MODE: 'live' },
    ...{ GAINSAY_CONTRACT: stage.contract, GAINSAY_API_URL: index.apiUrl, GAINSAY_POLL_MS: '100' },
    ...{ GAINSAY_DATA_DIR: dataDir, GAINSAY_ARBITERS: stage.cast.arbiter, ...options.env },
  })
  const log: string[] = []
  const journal = await openJournal(join(dataDir, 'journal.sqlite'))
  const chain = await connect(config)
  await claimJournal(journal, chain)
  for (const result of options.invalid ?? []) {
    const key = observationKey({ ...result, chainId: stage.chainId })
    const about = { requestId: '0x', modelId: '0x', node: '0x', settlement: null }
    const at = { blockNumber: Number(result.blockNumber), blockHash: result.blockHash }
    await recordObservation(journal, { key, resultId: result.id, ...at, ...about }, 0)
    await recordVerdict(journal, {
      ...{ observationKey: key, kind: 'invalid', step: 'second', output: null, distance: 1, tolerance: 1e-5 },
      ...{ reason: null, evidence: '{}', runtimes: '[]', ms: 1, judgedAt: 0, retryAt: null },
    })
  }
  const nowhere = { keep: async () => {}, pathFor: () => Promise.reject(new Error('no artifacts in this test')) }
  const it = {
    ...{ config, chain, journal, artifacts: nowhere, pool: {}, clock: Date.now },
    account: privateKeyToAccount(stage.keyOf(stage.cast.watcher)),
    log: pino({ level: 'info' }, { write: (line: string) => log.push(line) }),
  } as unknown as Watch
  const controller = new AbortController()
  const ended = watch(it, controller.signal)
  // Whoever does not look at it shall not be told as if nobody ever would.
  ended.catch(() => {})
  return {
    ...{ it, log, ended },
    async rounds(count) {
      for (const until = index.rounds + count; index.rounds < until; ) await sleep(20)
    },
    async stop() {
      controller.abort()
      await ended.catch(() => {})
      await journal.destroy()
    },
  }
}
