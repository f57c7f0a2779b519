import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import type { HDAccount } from 'viem'
import { parseConfig } from '../../config/config.ts'
import { freePort, startLocalChain } from '../../demo/chain.ts'
import { randomFrom } from '../../demo/random.ts'
import { isSettled } from '../../protocol/status.ts'
import { type Account, accountOf, faultsOf } from './account.ts'
import { CAST_ACCOUNTS, startCast } from './cast.ts'
import { deploy, terms } from './deployment.ts'
import { makeDisk } from './disk.ts'
import { startFaultyEndpoints } from './endpoints.ts'
import { chainClient, factsOf, openActionsIn, resultsOf } from './facts.ts'
import { type Memory, startProcesses } from './processes.ts'
import { scheduleOf } from './schedule.ts'
import { Troubles } from './troubles.ts'
import { planOf, realWares, tinyWare } from './wares.ts'
import { BLOCK_SECONDS, World } from './world.ts'

/** What a chaos run is to be like. */
export interface ChaosOptions {
  /** decides everything: what goes wrong when, who is asked for what */
  seeds: readonly number[]
  /** minutes of chain time that troubles come, for each seed */
  minutes: number
  /** how many results are asked for in all */
  results: number
  /** real milliseconds from one block to the next */
  blockMs: number
  /** whether the demo's real models are served beside the tiny one */
  real: boolean
  /** told about what happens */
  say?: (line: string) => void
}

/** How a chaos run went; what `npm run chaos` prints. */
export interface ChaosSummary {
  readonly seeds: readonly number[]
  readonly ok: boolean
  readonly faults: readonly string[]
  readonly account: Account
  /** how often each trouble came */
  readonly troubles: Readonly<Record<string, number>>
  /** troubles that this machine does not let us have in full */
  readonly lessened: readonly string[]
  readonly reorgs: { readonly count: number; readonly deepest: number; readonly transactions: number }
  /** minutes of chain time, troubled and altogether */
  readonly minutes: { readonly troubled: number; readonly all: number }
  /** of the watcher, in MiB, once garbage is collected: after a third of the troubled time, two thirds, and in the end */
  readonly memory: { readonly rssMb: readonly number[]; readonly heapMb: readonly number[] }
  readonly starts: Readonly<Record<string, number>>
  readonly seconds: number
}

/** Blocks after which a run that is not settled is given up. */
const PATIENCE_BLOCKS = 500
/** The watcher's memory may be so much higher in the end than after a third of the run: caches fill, and no run is like the other. */
const MEMORY_SLACK = 1.25
const MEMORY_SLACK_MB = 24

/** Plays one run: a chain, the contracts, nodes good and bad, an index, a live watcher, and everything that goes wrong. */
export async function runChaos(options: ChaosOptions): Promise<ChaosSummary> {
  const { seeds, minutes, blockMs, say = () => {} } = options
  const seed = seeds[0] as number
  const startedAt = performance.now()
  const random = randomFrom(`chaos run/${seeds.join(',')}`)
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-chaos-logs-'))
  const log = pino({ level: 'info' }, pino.destination({ dest: join(folder, 'cast.log'), sync: false }))
  const stops: (() => unknown)[] = []
  try {
    const chain = await startLocalChain({ accounts: 2 + CAST_ACCOUNTS, blockTime: 3600, gasLimit: 60_000_000 })
    stops.push(() => chain.stop())
    const world = await World.over(chain, random)
    const [deployer, watcher, ...accounts] = chain.accounts as [HDAccount, HDAccount, ...HDAccount[]]
    const deployment = await deploy(chain, deployer, world)
    const blocks = Math.ceil((minutes * 60) / BLOCK_SECONDS)
    const wares = options.real ? [tinyWare(), ...realWares()] : [tinyWare()]
    const plan = planOf(wares, options.results, Math.floor(blocks * seeds.length * 0.95), random)
    const cast = await startCast({ deployment, accounts, wares, plan, now: world.second, log })
    stops.push(() => cast.stop())
    const disk = makeDisk()
    stops.push(() => disk.remove())
    const endpoints = await startFaultyEndpoints(chain.rpcUrl, seed)
    stops.push(() => endpoints.stop())

    const port = await freePort()
    const settings = {
      ...{ GAINSAY_CHAIN_ID: String(chain.chainId), GAINSAY_CONTRACT: deployment.contract, GAINSAY_MODE: 'live' },
      ...{ GAINSAY_START_BLOCK: String(deployment.startBlock), GAINSAY_PORT: String(port), GAINSAY_POLL_MS: '250' },
      ...{ GAINSAY_ALLOW_PRIVATE_HOSTS: '1', GAINSAY_ARBITERS: cast.judge, GAINSAY_REPLAY_WORKERS: '2' },
      ...{ GAINSAY_MAX_SPEND_PER_DAY: String(BigInt(options.results + 40) * 2n * terms.challengeBond) },
      ...{ GAINSAY_MAX_ARTIFACT_BYTES: String(32 << 20), GAINSAY_IDENTITY_CHECK_S: '20', LOG_LEVEL: 'debug' },
    }
    const configFor = (urls: readonly string[], dataDir: string) =>
      parseConfig({ ...settings, GAINSAY_RPC_URL: urls.join(','), GAINSAY_DATA_DIR: dataDir })
    const config = configFor(endpoints.urls.watcher, disk.folder)
    const indexConfig = configFor(endpoints.urls.index, join(folder, 'index'))
    const processes = startProcesses({ config, indexConfig, watcher, folder, log })
    let stopped: Promise<void> | undefined
    const stopProcesses = () => (stopped ??= processes.stop())
    stops.push(stopProcesses)
    const client = chainClient(deployment)
    const before = await client.getBalance({ address: watcher.address })
    say(`logs: ${folder}; watcher's data: ${disk.folder}`)
    await world.mineWhile(untilUp(config.apiUrl, processes.failed), 300)

    const troubles = new Troubles({ world, endpoints, disk, processes, cast, say })
    const memory: Memory[] = []
    const began = world.second
    const third = Math.floor((blocks * seeds.length) / 3)
    let block = 0
    const tick = async (pause: number) => {
      if (processes.failed.aborted) throw processes.failed.reason
      const at = performance.now()
      await cast.send(block)
      await troubles.mine()
      block++
      await sleep(Math.max(0, pause - (performance.now() - at)))
    }
    for (const [chapter, one] of seeds.entries()) {
      const schedule = scheduleOf(one, blocks)
      say(`seed ${one}: ${schedule.length} troubles in ${blocks} blocks`)
      for (let at = 0; at < blocks; at++) {
        await troubles.begin(schedule.filter((scheduled) => scheduled.at === at))
        await tick(blockMs)
        if (chapter * blocks + at === third || chapter * blocks + at === 2 * third)
          memory.push(await processes.memory())
      }
      await troubles.endAll()
    }
    const troubled = world.second - began
    say('calm: waiting for everything to be settled')
    const badIds = () =>
      new Set<string>(cast.answers().flatMap(({ resultId, dishonest }) => (dishonest ? [resultId] : [])))
    for (let waited = 0; waited < PATIENCE_BLOCKS; waited++) {
      await tick(blockMs)
      if (waited % 5 !== 0) continue
      const results = await resultsOf(deployment, badIds())
      const settled = results.filter(({ status }) => isSettled(status)).length
      say(`block ${block}: ${settled} of ${results.length} settled, ${options.results} asked for`)
      if (settled < options.results || settled < results.length) continue
      if ((await openActionsIn(disk.folder)) === 0) break
    }
    memory.push(await processes.memory())
    await stopProcesses()
    const facts = await factsOf({
      deployment,
      watcher: watcher.address,
      dataDir: disk.folder,
      before,
      badIds: badIds(),
    })
    const account = accountOf(facts)
    const faults = [...faultsOf(account), ...memoryFaults(memory)]
    if (account.results < options.results) faults.push(`${options.results} results were asked for`)
    if (processes.starts.watcher > 1) faults.push(`the watcher died ${processes.starts.watcher - 1} times`)
    const ok = faults.length === 0
    if (ok) rmSync(folder, { recursive: true, force: true })
    return {
      ...{ seeds, ok, faults, account, troubles: troubles.counts, reorgs: troubles.reorgs },
      lessened: disk.isReal ? [] : ['fullDisk: no small file system can be mounted, so only the journal was full'],
      minutes: { troubled: minutesOf(troubled), all: minutesOf(world.second - began) },
      memory: { rssMb: memory.map(({ rss }) => mb(rss)), heapMb: memory.map(({ heapUsed }) => mb(heapUsed)) },
      ...{ starts: processes.starts, seconds: Math.round((performance.now() - startedAt) / 1000) },
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

function memoryFaults(memory: readonly Memory[]): string[] {
  const first = memory[0] as Memory
  const last = memory.at(-1) as Memory
  return (['rss', 'heapUsed'] as const)
    .filter((what) => mb(last[what]) > mb(first[what]) * MEMORY_SLACK + MEMORY_SLACK_MB)
    .map((what) => `memory grows: ${what} from ${mb(first[what])} to ${mb(last[what])} MiB`)
}

async function untilUp(apiUrl: string, failed: AbortSignal): Promise<void> {
  for (;;) {
    if (failed.aborted) throw failed.reason
    const response = await fetch(`${apiUrl}/readiness`).catch(() => null)
    if (response?.status === 200) return
    await sleep(200)
  }
}

const mb = (bytes: number) => Math.round(bytes / 2 ** 20)
const minutesOf = (seconds: number) => Math.round(seconds / 6) / 10
