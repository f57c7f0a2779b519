import { join } from 'node:path'
import type { LocalAccount } from 'viem'
import { checkChain, connect, otherChain } from '../chain/connect.ts'
import { type Config, ConfigError, parseConfig } from '../config/config.ts'
import { accountFor } from '../config/key.ts'
import { mayBeLive } from '../config/policy.ts'
import { principalOf } from '../config/principal.ts'
import { loadWebhook } from '../config/webhook.ts'
import { openTrips } from '../journal/breaker.ts'
import { lockDataDir } from '../journal/lock.ts'
import { openJournal } from '../journal/open.ts'
import { claimJournal } from '../journal/queries.ts'
import { attesterOf } from '../keys/attester.ts'
import { endpointHealth } from '../metrics/endpoint-health.ts'
import { Artifacts } from '../replay/artifacts/artifacts.ts'
import { Pool } from '../replay/pool/pool.ts'
import { attestor, followedChain } from '../watcher/attestor.ts'
import { runAudits } from '../watcher/audits/audits.ts'
import { newGauges } from '../watcher/gauges.ts'
import { followAll } from '../watcher/recorded/follow-all.ts'
import { headRounds } from '../watcher/recorded/rounds.ts'
import { watch } from '../watcher/watch.ts'
import { environment } from './environment.js'
import { guarded } from './guard.ts'
import { withKeyFromInput } from './key-input.ts'
import { createLog } from './log.ts'
import { modeOf, startOutside } from './outside.ts'
import { shutdownSignal } from './shutdown.ts'
import { version } from './version.ts'

/** `gainsay watch`: the watcher for what is configured, until stopped. Needs an index that answers at the API URL. */
export async function runWatch(): Promise<void> {
  const config = parseConfig(environment)
  const key = accountFor(config, await withKeyFromInput(environment))
  const attester = attesterFor(config, key)
  const webhook = loadWebhook(environment)
  const log = createLog('watcher', config.logLevel)
  const notice = (endpoint: string, what: string) => log.warn({ endpoint }, what)
  const chain = config.gainsay && (await connect(config, notice))
  const { opengradient } = config
  const other = opengradient && otherChain({ ...config, ...opengradient }, notice)
  // Beside a contract it may be away: what has deadlines does not wait for it.
  if (other && !chain) await checkChain(other, 'OPENGRADIENT')
  const signal = shutdownSignal()
  const lock = lockDataDir(config.dataDir, 'watcher')
  const journal = await openJournal(join(config.dataDir, 'journal.sqlite'))
  await claimJournal(journal, principalOf(config), opengradient && principalOf({ gainsay: undefined, opengradient }))
  const account = key && chain && (await guarded(key, { config, chain, journal }))
  const pool = createPool(config)
  log.info(
    {
      ...(chain ? { contract: chain.contract, chainId: chain.chainId, seat: chain.seat ?? 'empty' } : {}),
      ...(other ? { opengradient: other.chainId } : {}),
      account: account?.address ?? 'none',
      mode: modeOf(config),
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
  const about = { config, journal, gauges, log, clock }
  const health = () => [chain, other].flatMap((one) => (one ? endpointHealth(one) : []))
  const outside = await startOutside({ ...about, health, account: account?.address, webhook })
  const over = new AbortController()
  const ending = AbortSignal.any([signal, over.signal])
  const besides: Promise<void>[] = []
  try {
    const following = { ...about, artifacts: createArtifacts(config), pool }
    if (opengradient && other) {
      const { depth } = config.attest
      const attests = {
        ...about,
        depth,
        engine: `gainsay ${version}`,
        chains: { opengradient: followedChain(other.client) },
      }
      const attesting = attester && attestor({ ...attests, attester }, ending)
      besides.push(followAll({ ...following, attestor: attesting }, ending))
      besides.push(runAudits(following, { ...opengradient, client: other.client }, ending))
    }
    if (chain) await watch({ ...following, chain, account }, signal)
    else if (other) await headRounds(following, other, signal)
  } finally {
    over.abort()
    await Promise.all(besides)
    await outside.stop()
    await pool.close()
    await journal.destroy()
    lock.release()
  }
  log.info('stopped')
}

/**
 * Who signs attestations; undefined where none are wanted.
 *
 * @throws ConfigError when they are wanted and there is no key
 */
function attesterFor({ attest }: Pick<Config, 'attest'>, key: LocalAccount | undefined) {
  if (!attest.on) return undefined
  if (!key)
    throw new ConfigError(
      'GAINSAY_ATTEST says that verdicts are signed, but no key is set. Set GAINSAY_PRIVATE_KEY_FILE, or GAINSAY_ATTEST=0.',
    )
  return attesterOf(key)
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
