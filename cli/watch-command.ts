import { join } from 'node:path'
import { connect } from '../chain/connect.ts'
import { parseConfig } from '../config/config.ts'
import { accountFor } from '../config/key.ts'
import { mayBeLive } from '../config/policy.ts'
import { loadWebhook } from '../config/webhook.ts'
import { openTrips } from '../journal/breaker.ts'
import { lockDataDir } from '../journal/lock.ts'
import { openJournal } from '../journal/open.ts'
import { claimJournal } from '../journal/queries.ts'
import { Artifacts } from '../replay/artifacts/artifacts.ts'
import { Pool } from '../replay/pool/pool.ts'
import { newGauges } from '../watcher/gauges.ts'
import { watch } from '../watcher/watch.ts'
import { environment } from './environment.js'
import { guarded } from './guard.ts'
import { withKeyFromInput } from './key-input.ts'
import { createLog } from './log.ts'
import { startOutside } from './outside.ts'
import { shutdownSignal } from './shutdown.ts'

/** `gainsay watch`: the watcher for the configured chain, until stopped. Needs an index that answers at the API URL. */
export async function runWatch(): Promise<void> {
  const config = parseConfig(environment)
  const key = accountFor(config, await withKeyFromInput(environment))
  const webhook = loadWebhook(environment)
  const log = createLog('watcher', config.logLevel)
  const chain = await connect(config, (endpoint, what) => log.warn({ endpoint }, what))
  const signal = shutdownSignal()
  const lock = lockDataDir(config.dataDir, 'watcher')
  const journal = await openJournal(join(config.dataDir, 'journal.sqlite'))
  await claimJournal(journal, chain)
  const account = key && (await guarded(key, { config, chain, journal }))
  const pool = createPool(config)
  log.info(
    {
      ...{ contract: chain.contract, chainId: chain.chainId, seat: chain.seat ?? 'empty' },
      account: account?.address ?? 'none',
      mode: config.policy.mode,
      modelModes: Object.fromEntries(config.policy.modelModes),
    },
    'watching',
  )
  const { maxBondAtRisk, maxGasPerDay, maxChallengesPerHour } = config.policy
  if (mayBeLive(config.policy) && [maxBondAtRisk, maxGasPerDay, maxChallengesPerHour].includes(undefined))
    log.warn(
      'live with a limit left out: set GAINSAY_MAX_BOND_AT_RISK, GAINSAY_MAX_GAS_PER_DAY and GAINSAY_MAX_CHALLENGES_PER_HOUR',
    )
  for (const { kind, reason, trippedAt } of await openTrips(journal))
    log.error(
      { kind, reason, since: new Date(trippedAt) },
      'sending is stopped; `gainsay resume` lets it go on once that is settled',
    )
  const gauges = newGauges()
  const clock = Date.now
  const about = { config, chain, journal, gauges, log, clock }
  const outside = await startOutside({ ...about, account: account?.address, webhook })
  try {
    const artifacts = createArtifacts(config)
    await watch({ ...about, account, artifacts, pool }, signal)
  } finally {
    await outside.stop()
    await pool.close()
    await journal.destroy()
    lock.release()
  }
  log.info('stopped')
}

/** The artifact store that a configuration asks for. */
export function createArtifacts(config: ReturnType<typeof parseConfig>): Artifacts {
  return new Artifacts({
    directory: join(config.dataDir, 'artifacts'),
    fileRoots: config.fileRoots,
    allowPrivateHosts: config.allowPrivateHosts,
    maxBytes: config.maxArtifactBytes,
    budgetBytes: config.artifactBudgetBytes,
    mirrors: config.artifactMirrors,
    ipfsGateways: config.ipfsGateways,
    walrusAggregators: config.walrusAggregators,
    walrusShards: config.walrusShards,
  })
}

/** The replay pool that a configuration asks for. */
export function createPool(config: ReturnType<typeof parseConfig>): Pool {
  return new Pool({
    workers: config.replayWorkers,
    timeoutMs: config.replayTimeoutMs,
    totalMemoryMb: config.replayMemoryMb,
  })
}
