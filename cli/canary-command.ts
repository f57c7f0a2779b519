import { runCanaries, runOneCanary } from '../canary/canary.ts'
import type { CanaryContext } from '../canary/context.ts'
import { connect } from '../chain/connect.ts'
import { parseCanaryConfig } from '../config/canary.ts'
import { ConfigError, parseConfig } from '../config/config.ts'
import { contractNeeded } from '../config/principal.ts'
import { loadWebhook } from '../config/webhook.ts'
import { noteCanary } from '../journal/canary.ts'
import { lockDataDir } from '../journal/lock.ts'
import { openJournal } from '../journal/open.ts'
import { claimJournal } from '../journal/queries.ts'
import { readCanaryReport } from '../metrics/canary-facts.ts'
import { createCanaryMetrics } from '../metrics/canary-registry.ts'
import { serveMetrics } from '../metrics/server.ts'
import { createNotifier } from '../notify/notifier.ts'
import { canaryJournalPath } from './canary-path.ts'
import { environment } from './environment.js'
import { exitCodes } from './exit.ts'
import { createLog } from './log.ts'
import { shutdownSignal } from './shutdown.ts'
import { createArtifacts, createPool } from './watch-command.ts'

/** Milliseconds between looks for news for the webhook. */
const LOOK_EVERY_MS = 2_000

/**
 * `gainsay canary`: posts a wrong result of its own now and then, and expects the watcher to challenge it. With `once` one
 * canary, or the open one of a run before, and no more.
 *
 * @returns 0 when stopped, or the one canary was caught; 2 when it was not; 3 when that one was stopped before its end
 */
export async function runCanary({ once = false }: { once?: boolean }): Promise<number> {
  const config = parseConfig(environment)
  const canary = parseCanaryConfig(environment, contractNeeded(config).chainId)
  const webhook = loadWebhook(environment)
  const log = createLog('canary', config.logLevel)
  const connected = await connect(config, (endpoint, what) => log.warn({ endpoint }, what))
  const { client, contract, chainId, parameters } = connected
  const chain = { client, contract, chainId, parameters }
  const signal = shutdownSignal()
  const lock = lockDataDir(config.dataDir, 'canary')
  const journal = await openJournal(canaryJournalPath(config.dataDir))
  await claimJournal(journal, chain)
  const pool = createPool(config)
  const account = canary.account.address
  const notifier =
    webhook &&
    createNotifier({
      ...{ journal, webhook, log, clock: Date.now, chainTime: () => null, downEndpoints: () => [] },
      sender: { chainId, contract, account },
    })
  const timer = notifier && setInterval(() => void notifier.look(), LOOK_EVERY_MS)
  const schedule: { refusal: string | null } = { refusal: null }
  const startedAt = Date.now()
  const metrics = createCanaryMetrics({ chainId, account, watcher: canary.watcher, everyS: canary.everyS })
  const measure = async () => {
    const now = Date.now()
    const report = await readCanaryReport(journal, now)
    metrics.show({ report, isRefused: schedule.refusal !== null, startedAt, now })
  }
  const port = canary.metricsPort
  const server =
    port === undefined || once
      ? undefined
      : await serveMetrics({ host: config.metricsHost, port }, metrics.register, measure).catch(
          ({ code }: NodeJS.ErrnoException) => {
            throw new ConfigError(
              `GAINSAY_CANARY_METRICS_PORT: cannot listen on ${config.metricsHost}:${port} (${code})`,
            )
          },
        )
  log.info({ account, watcher: canary.watcher, contract, chainId, everyS: canary.everyS }, 'the canary is ready')
  const it: CanaryContext = {
    config,
    canary,
    chain,
    journal,
    pool,
    log,
    clock: Date.now,
    artifacts: createArtifacts(config),
  }
  try {
    if (!once) {
      await runCanaries(it, signal, schedule)
      return exitCodes.ok
    }
    const run = await runOneCanary(it, signal)
    if (!run) return exitCodes.undetermined
    await notifier?.look()
    await notifier?.idle()
    console.log(`${run.outcome}: ${run.reason}; result ${run.resultId}; it cost ${run.cost} wei`)
    await noteCanary(journal, run.id, { reportedAt: Date.now() })
    return run.outcome === 'caught' ? exitCodes.ok : exitCodes.bad
  } finally {
    clearInterval(timer)
    await Promise.all([notifier?.stop(), server?.stop()])
    await pool.close()
    await journal.destroy()
    lock.release()
  }
}
