import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import type { HDAccount } from 'viem'
import { type Config, parseConfig } from '../../config/config.ts'
import { freePort, startLocalChain } from '../../demo/chain.ts'
import { randomFrom } from '../../demo/random.ts'
import { CAST_ACCOUNTS, type Cast, startCast } from './cast.ts'
import { type Deployment, deploy, terms } from './deployment.ts'
import { type Disk, makeDisk } from './disk.ts'
import { type FaultyEndpoints, startFaultyEndpoints } from './endpoints.ts'
import { chainClient } from './facts.ts'
import { type Hostility, startHostility } from './hostility.ts'
import { type Processes, startProcesses } from './processes.ts'
import type { ChaosOptions } from './summary.ts'
import { planOf, realWares, tinyWare } from './wares.ts'
import { BLOCK_SECONDS, World } from './world.ts'

/** Everything that a chaos run plays on, up and waiting for its first block. */
export interface Theatre {
  readonly world: World
  readonly deployment: Deployment
  readonly cast: Cast
  readonly hostility: Hostility
  readonly disk: Disk
  readonly endpoints: FaultyEndpoints
  readonly processes: Processes
  readonly watcher: HDAccount
  /** an account for whoever finalizes what strangers leave */
  readonly janitor: HDAccount
  /** where logs are */
  readonly folder: string
  /** whether the index answers and is where the chain is */
  readonly isIndexUp: () => Promise<boolean>
  /** Waits until the index is at the chain's head, but not longer than so many milliseconds. */
  readonly indexed: (mostMs: number) => Promise<void>
  /** troubled blocks of each seed */
  readonly blocks: number
  /** Ends the watcher and the index, for the journal to be read in peace. Can be called again. */
  stopProcesses(): Promise<void>
  stop(): Promise<void>
}

/** Starts chain, contracts, cast, strangers, faulty endpoints, index and live watcher. */
export async function startTheatre(options: ChaosOptions): Promise<Theatre> {
  const { seeds, minutes, say = () => {} } = options
  const seed = seeds[0] as number
  const random = randomFrom(`chaos run/${seeds.join(',')}`)
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-chaos-logs-'))
  const log = pino({ level: 'info' }, pino.destination({ dest: join(folder, 'cast.log'), sync: false }))
  const stops: (() => unknown)[] = []
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one()
  }
  try {
    const chain = await startLocalChain({ accounts: 4 + CAST_ACCOUNTS, blockTime: 3600, gasLimit: 60_000_000 })
    stops.push(() => chain.stop())
    const world = await World.over(chain, random)
    const [deployer, watcher, stranger, janitor, ...accounts] = chain.accounts as readonly [
      ...[HDAccount, HDAccount, HDAccount, HDAccount],
      ...HDAccount[],
    ]
    const deployment = await deploy(chain, deployer, world)
    const blocks = Math.ceil((minutes * 60) / BLOCK_SECONDS)
    const busy = Math.floor(blocks * seeds.length * 0.95)
    const wares = options.real ? [tinyWare(), ...realWares()] : [tinyWare()]
    const plan = planOf(wares, options.results, busy, random)
    const cast = await startCast({ deployment, accounts, wares, plan, now: world.second, folder, log })
    stops.push(() => cast.stop())
    const hostility = await startHostility({
      ...{ deployment, account: stranger, judge: cast.judge, count: options.hostile, blocks: busy, seed },
      now: world.second,
    })
    stops.push(() => hostility.stop())
    const disk = makeDisk()
    stops.push(() => disk.remove())
    const endpoints = await startFaultyEndpoints(chain.rpcUrl, seed)
    stops.push(() => endpoints.stop())
    const configFor = await configurator(deployment, cast, options)
    const config = configFor(endpoints.urls.watcher, disk.folder)
    const indexConfig = configFor(endpoints.urls.index, join(folder, 'index'))
    const processes = startProcesses({ config, indexConfig, watcher, folder, log })
    let stopped: Promise<void> | undefined
    const stopProcesses = () => {
      stopped ??= processes.stop()
      return stopped
    }
    stops.push(stopProcesses)
    say(`logs: ${folder}; watcher's data: ${disk.folder}`)
    const isIndexUp = async () => {
      const response = await fetch(`${config.apiUrl}/readiness`).catch(() => null)
      return response?.status === 200
    }
    await world.mineWhile(untilUp(isIndexUp, processes.failed), 300)
    const parts = { world, deployment, cast, hostility, disk, endpoints, processes, watcher, janitor, folder, blocks }
    return { ...parts, isIndexUp, indexed: waitForIndex(config.apiUrl, deployment), stopProcesses, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function configurator(deployment: Deployment, { judge }: Cast, { results, hostile, real }: ChaosOptions) {
  const settings = {
    ...{ GAINSAY_CHAIN_ID: String(deployment.chainId), GAINSAY_CONTRACT: deployment.contract, GAINSAY_MODE: 'live' },
    ...{ GAINSAY_START_BLOCK: String(deployment.startBlock), GAINSAY_PORT: String(await freePort()) },
    ...{ GAINSAY_ALLOW_PRIVATE_HOSTS: '1', GAINSAY_ARBITERS: judge, GAINSAY_POLL_MS: '250', LOG_LEVEL: 'debug' },
    // Of everything bad, and as often again after reorgs.
    GAINSAY_MAX_SPEND_PER_DAY: String(BigInt(results + hostile + 20) * 2n * terms.challengeBond),
    ...{ GAINSAY_MAX_ARTIFACT_BYTES: String(16 << 20), GAINSAY_IDENTITY_CHECK_S: '20' },
    // Chain time runs faster than the clock: what takes longest must not take more of it than on a real chain.
    ...{ GAINSAY_REPLAY_WORKERS: '2', GAINSAY_REPLAY_TIMEOUT_MS: real ? '10000' : '4000' },
  }
  return (urls: readonly string[], dataDir: string): Config =>
    parseConfig({ ...settings, GAINSAY_RPC_URL: urls.join(','), GAINSAY_DATA_DIR: dataDir })
}

async function untilUp(isUp: () => Promise<boolean>, failed: AbortSignal): Promise<void> {
  while (!(await isUp())) {
    if (failed.aborted) throw failed.reason
    await sleep(200)
  }
}

function waitForIndex(apiUrl: string, deployment: Deployment) {
  const body = JSON.stringify({ query: '{ index { blockNumber } }' })
  const ask = async () => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${apiUrl}/graphql`, { method: 'POST', headers, body }).catch(() => null)
    const answer = (await response?.json().catch(() => null)) as { data?: { index: { blockNumber: string } } } | null
    return BigInt(answer?.data?.index.blockNumber ?? -1)
  }
  return async (mostMs: number) => {
    const head = await chainClient(deployment).getBlockNumber()
    for (const until = performance.now() + mostMs; performance.now() < until; await sleep(100))
      if ((await ask()) >= head) return
  }
}
