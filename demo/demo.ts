import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { createPublicClient, type HDAccount, http } from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { exitCodes, UserError } from '../cli/exit.ts'
import { createLog } from '../cli/log.ts'
import { shutdownSignal } from '../cli/shutdown.ts'
import { type Config, parseConfig } from '../config/config.ts'
import { contractNeeded } from '../config/principal.ts'
import { ACTOR_ACCOUNTS, type Actors, castOf, startActors } from './actors.ts'
import { askApi, type Shown } from './api.ts'
import { freePort, startLocalChain } from './chain.ts'
import { deployProtocol } from './deploy.ts'
import { demoModels } from './models.ts'
import { startGainsay } from './processes.ts'
import { allSettled, isGood, type Outcome, outcomesOf, type Report, reportOf, rewardsOf } from './report.ts'
import { LiveScreen, renderReport, renderTable } from './table.ts'
import { demandTerms, terms } from './terms.ts'

/** `gainsay demo`'s options. */
export interface DemoOptions {
  once?: boolean
  json?: boolean
  seed: number
  results: number
  port: number
  data?: string
}

/**
 * `gainsay demo`: a local chain, the contract, real models, honest and dishonest nodes, an arbiter, and Gainsay itself:
 * index, API and watcher as processes of their own, as a user runs them. What is true comes from the nodes, what
 * happened from the chain; the watcher is not asked.
 *
 * @returns exit code 0 when all was settled with nothing missed and nobody falsely challenged, else 2
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const startedAt = performance.now()
  const seconds = () => Math.round((performance.now() - startedAt) / 100) / 10
  const dataDir = resolve(options.data ?? join('.gainsay', `demo-${Date.now()}`))
  mkdirSync(dataDir, { recursive: true })
  const signal = shutdownSignal()
  const stops: (() => Promise<unknown>)[] = []
  try {
    const models = demoModels()
    const chain = await startLocalChain({ accounts: 2 + ACTOR_ACCOUNTS, gasLimit: 60_000_000 })
    stops.push(() => chain.stop())
    const [deployer, watcher, ...accounts] = chain.accounts as [HDAccount, HDAccount, ...HDAccount[]]
    const parts = { rpcUrl: chain.rpcUrl, account: deployer, parameters: terms, demandTerms }
    const deployed = await deployProtocol(parts)
    const { judge } = castOf(accounts)
    const config = parseConfig({
      GAINSAY_RPC_URL: chain.rpcUrl,
      GAINSAY_CHAIN_ID: String(chain.chainId),
      GAINSAY_CONTRACT: deployed.gainsay,
      GAINSAY_CONVICTION: deployed.conviction,
      GAINSAY_ARBITERS: judge.address,
      GAINSAY_START_BLOCK: String(deployed.blockNumber),
      GAINSAY_DATA_DIR: dataDir,
      GAINSAY_PORT: String(options.port === 0 ? await freePort() : options.port),
      GAINSAY_POLL_MS: '250',
      GAINSAY_ALLOW_PRIVATE_HOSTS: '1',
      GAINSAY_REPLAY_WORKERS: '2',
      GAINSAY_MODE: 'live',
      // As many challenges as there are results, and their gas.
      GAINSAY_MAX_SPEND_PER_DAY: String(BigInt(options.results + 20) * terms.challengeBond),
    })
    const gainsay = startGainsay(config, watcher, createLog('demo', options.json ? 'warn' : 'info'))
    stops.push(() => gainsay.stop())
    const log = pino({ name: 'actors' }, pino.destination({ dest: join(dataDir, 'actors.log'), sync: false }))
    const { results, seed } = options
    const actors = await startActors({ config, conviction: deployed.conviction, models, accounts, results, seed, log })
    stops.push(() => actors.stop())
    // For whoever wants to look in from outside: addresses only, no keys.
    const about = {
      rpcUrl: chain.rpcUrl,
      contract: contractNeeded(config).contract,
      apiUrl: config.apiUrl,
      watcher: watcher.address,
    }
    writeFileSync(join(dataDir, 'demo.json'), JSON.stringify(about, null, 2))

    if (!options.json) console.log(`Logs and data: ${dataDir}\nExplore: ${config.apiUrl}\n`)
    // Windows are short here: nothing is asked for until somebody watches.
    await untilReady(config, gainsay.failed, signal)
    actors.request()
    const screen = new LiveScreen()
    const show = (shown: Shown | undefined, outcomes: Outcome[]) => screen.draw(renderTable(shown, outcomes, results))
    const run = { config, actors, watcher: watcher.address, failed: gainsay.failed, results, signal }
    const ended = await follow(run, options.json ? () => {} : show)
    const report = reportOf(ended.outcomes, { ...ended.known, seconds: seconds() })
    const good = isGood(report, results)
    console.log(options.json ? JSON.stringify(report) : renderReport(report, good))
    if (!options.once && !signal.aborted) {
      if (!options.json) console.log(`\nThe API stays up at ${config.apiUrl} (GraphQL: /graphql); Ctrl-C ends it.`)
      await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
    }
    return good ? exitCodes.ok : exitCodes.bad
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

interface Run {
  config: Config
  actors: Actors
  watcher: `0x${string}`
  failed: AbortSignal
  results: number
  signal: AbortSignal
}

/** Looks twice a second until every result is settled and the watcher has its money, or the user has seen enough. */
async function follow(
  { config, actors, watcher, failed, results, signal }: Run,
  show: (shown: Shown | undefined, outcomes: Outcome[]) => void,
): Promise<{ outcomes: Outcome[]; known: Pick<Report, 'undetermined' | 'rewardWei'> }> {
  const { rpcUrls, contract } = contractNeeded(config)
  const rpcUrl = rpcUrls[0] as string
  let outcomes: Outcome[] = []
  let shown: Shown | undefined
  // After Ctrl-C the chain is going down as well: what was seen last is what there is to report.
  while (!signal.aborted) {
    if (failed.aborted) throw failure(config, failed)
    try {
      const answered = await outcomesOf(rpcUrl, contract, actors.answers())
      // An answer that a reorg removed for good is no result.
      outcomes = answered.filter(({ status }) => status !== 'none')
      shown = (await askApi(config.apiUrl)) ?? shown
      show(shown, outcomes)
      const settled = outcomes.length === results && allSettled(outcomes)
      const idle = shown?.watcher?.openActions === 0 && shown.watcher.observed >= results
      if (settled && idle && (await creditOf(config, watcher)) === 0n) {
        const rewardWei = String(await rewardsOf(rpcUrl, contract, watcher))
        return { outcomes, known: { undetermined: shown?.watcher?.undetermined ?? 0, rewardWei } }
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
    await sleep(500)
  }
  return { outcomes, known: { undetermined: shown?.watcher?.undetermined ?? 0, rewardWei: '0' } }
}

async function untilReady(config: Config, failed: AbortSignal, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (failed.aborted) throw failure(config, failed)
    const shown = await askApi(config.apiUrl)
    if (shown?.watcher) return
    await sleep(200)
  }
}

function failure(config: Config, failed: AbortSignal): UserError {
  const reason = failed.reason as Error
  return new UserError(`${reason.message}; its log is in ${config.dataDir}.`, exitCodes.unavailable, { cause: reason })
}

function creditOf(config: Config, account: `0x${string}`): Promise<bigint> {
  const { rpcUrls, contract } = contractNeeded(config)
  const client = createPublicClient({ transport: http(rpcUrls[0]), cacheTime: 0 })
  const call = { address: contract, abi: gainsayAbi, functionName: 'creditOf', args: [account] } as const
  return client.readContract(call)
}
