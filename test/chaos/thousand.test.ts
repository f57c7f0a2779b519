import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import type { HDAccount, Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { parseConfig } from '../../config/config.ts'
import { freePort, type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { randomFrom } from '../../demo/random.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { accountOf, faultsOf } from './account.ts'
import { startAwayServer } from './artifacts-away.ts'
import { termsOf } from './cast.ts'
import { type Deployment, deploy, terms } from './deployment.ts'
import { chainClient, factsOf, openActionsIn } from './facts.ts'
import { inline, number } from './hostile-posts.ts'
import { finalizeOverdue } from './janitor.ts'
import { journalCounts } from './journal-counts.ts'
import { type Processes, startProcesses } from './processes.ts'
import { move, Script } from './script.ts'
import { mb } from './summary.ts'
import { tinyWare } from './wares.ts'
import { World } from './world.ts'

// A thousand results in one block, 32 of them wrong, all pending at once. Their node stays silent when it is challenged.

const RESULTS = 1_000
const BAD_EACH = 31
/** MiB that the watcher's heap may be larger with a thousand results pending than with none; `console.log` below says what it is. */
const HEAP_MB = 64
const RSS_MB = 400

let chain: LocalChain
let world: World
let deployment: Deployment
let processes: Processes
let watcher: HDAccount
let janitor: HDAccount
let script: Script
let before: bigint
const folder = mkdtempSync(join(tmpdir(), 'gainsay-thousand-'))
const dataDir = join(folder, 'watcher')
const results = new Map<Hex, boolean>()
const stops: (() => unknown)[] = []

beforeAll(async () => {
  chain = await startLocalChain({ accounts: 5, blockTime: 3600, gasLimit: 1_000_000_000 })
  stops.push(() => chain.stop())
  world = await World.over(chain, randomFrom('a thousand'))
  const [deployer, judge, poster, ...rest] = chain.accounts as [HDAccount, HDAccount, HDAccount, HDAccount, HDAccount]
  ;[watcher, janitor] = rest
  deployment = await deploy(chain, deployer, world)
  const server = await startAwayServer()
  stops.push(() => server.stop())
  await prepare(poster, judge.address, server.publish)
  const settings = {
    ...{ GAINSAY_RPC_URL: chain.rpcUrl, GAINSAY_CHAIN_ID: String(chain.chainId), GAINSAY_MODE: 'live' },
    ...{ GAINSAY_CONTRACT: deployment.contract, GAINSAY_START_BLOCK: String(deployment.startBlock) },
    ...{ GAINSAY_PORT: String(await freePort()), GAINSAY_ALLOW_PRIVATE_HOSTS: '1', GAINSAY_ARBITERS: judge.address },
    ...{ GAINSAY_POLL_MS: '500', GAINSAY_REPLAY_WORKERS: '2' },
    GAINSAY_MAX_SPEND_PER_DAY: String(BigInt(RESULTS) * terms.challengeBond),
  }
  const config = parseConfig({ ...settings, GAINSAY_DATA_DIR: dataDir })
  const indexConfig = parseConfig({ ...settings, GAINSAY_DATA_DIR: join(folder, 'index') })
  const log = pino({ level: 'silent' })
  processes = startProcesses({ config, indexConfig, watcher, folder, log })
  stops.push(() => processes.stop())
  before = await chainClient(deployment).getBalance({ address: watcher.address })
  const isUp = async () => (await fetch(`${config.apiUrl}/readiness`).catch(() => null))?.status === 200
  while (!(await isUp())) await sleep(200)
})

afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

/** Signs registration, requests and posts of one account, which is requester and node in one. */
async function prepare(poster: HDAccount, arbiter: Hex, publish: (bytes: Uint8Array) => Promise<string>) {
  const { contract, rpcUrl } = deployment
  const client = chainClient(deployment)
  const ask = { address: contract, abi: gainsayAbi } as const
  const ware = tinyWare()
  const registered = await termsOf(ware, arbiter, await publish(ware.file))
  const modelId = await client.readContract({ ...ask, functionName: 'modelIdOf', args: [registered] })
  script = new Script(rpcUrl, contract, poster)
  await script.add(0, { data: move('registerModel', [registered]) })
  await script.add(0, { data: move('bond', []), value: terms.nodeBond * BigInt(RESULTS) })
  const deadline = BigInt(world.second) + 86_400n
  const posts: Hex[] = []
  for (let i = 0; i < RESULTS; i++) {
    const input = inline(encodeTensors(number('x', i)))
    const isBad = i % BAD_EACH === BAD_EACH - 1
    const output = inline(encodeTensors(number('y', isBad ? i + 0.5 : i)))
    const requestId = await client.readContract({
      ...{ ...ask, functionName: 'requestIdOf' },
      args: [poster.address, BigInt(i), modelId, poster.address, input.hash, '', 1n, deadline],
    })
    const resultId = await client.readContract({
      ...{ ...ask, functionName: 'resultIdOf' },
      args: [requestId, poster.address, output.hash, ''],
    })
    results.set(resultId, isBad)
    await script.add(0, { data: move('request', [modelId, poster.address, input, deadline]), value: 1n, gas: 400_000n })
    posts.push(move('post', [requestId, output]))
  }
  for (const data of posts) await script.add(1, { data, gas: 400_000n })
}

/** What the watcher's process takes now, in MiB. */
function rssMb(): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${processes.watcherPid}/status`, 'utf8')) ?? []
  return Math.round(Number(kib) / 1024)
}

const posted = () => count('Posted')
const challenged = () => count('Challenged')
async function count(eventName: 'Posted' | 'Challenged' | 'Rejected'): Promise<number> {
  const call = { address: deployment.contract, abi: gainsayAbi, eventName, fromBlock: 0n } as const
  return (await chainClient(deployment).getContractEvents(call)).length
}

test('a thousand results in one block: every wrong one is challenged in time, and memory stays where it was', async () => {
  const bad = [...results.values()].filter(Boolean).length
  const quiet = await processes.memory()
  while ((await script.send(0, RESULTS + 2)) > RESULTS) await world.mine()
  await script.send(1, RESULTS)
  await world.mine()
  expect(await posted()).toBe(RESULTS)

  const start = performance.now()
  const blocksAtFirst = world.second
  let peakMb = 0
  let judged = 0
  let judgedMs = 0
  while ((await challenged()) < bad || judged < RESULTS) {
    await sleep(1_000)
    await world.mine()
    peakMb = Math.max(peakMb, rssMb())
    const { valid = 0, invalid = 0 } = await journalCounts(dataDir)
    judged = valid + invalid
    if (judged === RESULTS && judgedMs === 0) judgedMs = performance.now() - start
    if (processes.failed.aborted) throw processes.failed.reason
  }
  const challengedMs = performance.now() - start
  const chainSeconds = world.second - blocksAtFirst
  const pending = await processes.memory()
  for (let i = 0; i < 20; i++) {
    await sleep(500)
    await world.mine()
  }
  const later = await processes.memory()
  const said = {
    ...{ results: RESULTS, bad, judgedMs: Math.round(judgedMs), challengedMs: Math.round(challengedMs), chainSeconds },
    heapMb: [quiet, pending, later].map(({ heapUsed }) => mb(heapUsed)),
    ...{ rssMb: [quiet, pending, later].map(({ rss }) => mb(rss)), peakMb },
  }
  console.log(JSON.stringify(said))
  expect(chainSeconds).toBeLessThan(Number(terms.challengeWindow))
  expect(said.heapMb[1]).toBeLessThan((said.heapMb[0] as number) + HEAP_MB)
  expect(said.heapMb[2]).toBeLessThan((said.heapMb[1] as number) + 16)
  expect(peakMb).toBeLessThan(RSS_MB)

  // And to the end: the silence claimed, the rest finalized, every wei back.
  for (let i = 0; i < 600; i++) {
    await sleep(200)
    await world.mine()
    if (i % 10 === 0) await finalizeOverdue(deployment, janitor, results.keys(), RESULTS)
    if (i % 10 === 5 && (await count('Rejected')) === bad && (await openActionsIn(dataDir)) === 0) {
      const left = await chainClient(deployment).readContract({
        ...{ address: deployment.contract, abi: gainsayAbi, functionName: 'lockedBondOf' },
        args: [script.address],
      })
      if (left === 0n) break
    }
  }
  await processes.stop()
  stops.pop()
  const badIds = new Set([...results].flatMap(([id, isBad]) => (isBad ? [id] : [])))
  const facts = await factsOf({ deployment, watcher: watcher.address, dataDir, before, badIds })
  const account = accountOf(facts)
  expect(faultsOf(account)).toEqual([])
  expect(account).toMatchObject({ results: RESULTS, bad, rejected: bad })
}, 900_000)
