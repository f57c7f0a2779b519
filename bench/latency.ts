/**
 * How long a result takes from its block to a row one can query, and, when it is bad, to its challenge on chain: real
 * chain, real index, real watcher, at the shipped polling interval and at the shortest.
 *
 * ```sh
 * node --import tsx bench/latency.ts
 * node --import tsx bench/latency.ts --samples 50 --poll 1000,100 --json
 * ```
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type Hex, toHex } from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { identityModel } from '../cli/identity-model.ts'
import { encodeTensors } from '../protocol/tensor.ts'
import { type IndexProcess, startIndex } from '../test/index/support/index-process.ts'
import { NOBODY, NODE_BOND, type Stage, startStage } from '../test/index/support/stage.ts'
import { end } from './apps.ts'
import { BLOCK_MS, Miner } from './miner.ts'
import { percentile, table } from './report.ts'

const { values: options } = parseArgs({
  options: {
    samples: { type: 'string', default: '15' },
    poll: { type: 'string', default: '1000,100' },
    json: { type: 'boolean', default: false },
  },
})
const samples = Number(options.samples)
const GIVE_UP_MS = 60_000

/** What one bad result took. */
interface Sample {
  visibleMs: number
  visibleBlocks: number
  challengedMs: number
  challengedBlocks: number
}

const results = []
for (const pollMs of options.poll.split(',').map(Number)) {
  console.error(`polling every ${pollMs} ms: ${samples} bad results`)
  const all = await measure(pollMs)
  // The first result finds the watcher's replay process not yet started; it is told apart, not left out of sight.
  const [first, ...rest] = all
  const spread = (pick: (sample: Sample) => number) => {
    const values = rest.map(pick)
    return { p50: percentile(values, 0.5), p95: percentile(values, 0.95) }
  }
  results.push({
    ...{ pollMs, first },
    visibleMs: spread(({ visibleMs }) => visibleMs),
    visibleBlocks: spread(({ visibleBlocks }) => visibleBlocks),
    challengedMs: spread(({ challengedMs }) => challengedMs),
    challengedBlocks: spread(({ challengedBlocks }) => challengedBlocks),
    samples: all,
  })
}
if (!options.json) {
  const both = ({ p50, p95 }: { p50: number | null; p95: number | null }) => `${p50?.toFixed(0)} / ${p95?.toFixed(0)}`
  console.log(`From the block of the result, p50 / p95 of ${samples - 1}, blocks of about 1 s`)
  console.log(
    table(
      ['polling ms', 'visible ms', 'visible blocks', 'challenged ms', 'challenged blocks', 'first challenge ms'],
      results.map((one) => [
        String(one.pollMs),
        both(one.visibleMs),
        both(one.visibleBlocks),
        both(one.challengedMs),
        both(one.challengedBlocks),
        one.first?.challengedMs.toFixed(0) ?? '?',
      ]),
    ),
  )
}
console.log(JSON.stringify({ blockMs: BLOCK_MS, results }))
process.exit()

async function measure(pollMs: number): Promise<Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-latency-'))
  const stage = await startStage()
  let index: IndexProcess | undefined
  let watcher: ChildProcess | undefined
  const miner = new Miner(stage.rpcUrl)
  try {
    const modelId = await prepare(stage, folder)
    index = await startIndex(stage, { pollMs, urls: 1 })
    watcher = startWatcher(stage, index, pollMs, folder)
    await miner.start()
    const all: Sample[] = []
    while (all.length < samples) all.push(await sample(stage, index, miner, modelId, all.length))
    return all
  } catch (error) {
    if (watcher) console.error(readFileSync(join(folder, 'watcher.log'), 'utf8').slice(-4000))
    throw error
  } finally {
    miner.stop()
    if (watcher) await end(watcher)
    await index?.stop()
    await stage.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function prepare({ cast, move }: Stage, folder: string): Promise<Hex> {
  const model = identityModel()
  const path = join(folder, 'identity.onnx')
  writeFileSync(path, model)
  const terms = { modelHash: sha256(model), graphRoot: sha256('graph'), uri: pathToFileURL(path).href }
  const modelId = await move(cast.registrant, 'registerModel', [
    { ...terms, precision: 1, tolerance: 10n ** 13n, arbiter: cast.arbiter, rule: 0, lambda: 0 },
  ])
  await move(cast.node, 'bond', [], 2000n * NODE_BOND)
  return modelId
}

/** The real watcher, as `gainsay start` would run it beside the index. */
function startWatcher(stage: Stage, index: IndexProcess, pollMs: number, folder: string): ChildProcess {
  const log = openSync(join(folder, 'watcher.log'), 'a')
  return spawn(process.execPath, [fileURLToPath(new URL('../cli/gainsay.js', import.meta.url)), 'watch'], {
    env: {
      ...process.env,
      GAINSAY_RPC_URL: stage.rpcUrl,
      GAINSAY_CHAIN_ID: String(stage.chainId),
      GAINSAY_ARBITERS: stage.cast.arbiter,
      GAINSAY_CONTRACT: stage.contract,
      GAINSAY_START_BLOCK: String(stage.startBlock),
      GAINSAY_DATA_DIR: index.dataDir,
      GAINSAY_API_URL: index.apiUrl,
      GAINSAY_POLL_MS: String(pollMs),
      GAINSAY_FILE_ROOTS: folder,
      GAINSAY_MODE: 'live',
      // A stage's bonds are worth less than gas.
      GAINSAY_MIN_CHALLENGE_VALUE: String(-(10n ** 18n)),
      GAINSAY_PRIVATE_KEY: stage.keyOf(stage.cast.watcher),
    },
    stdio: ['ignore', log, log],
  })
}

/** One request and one wrong answer to it; waits for its row and for its challenge. */
async function sample(stage: Stage, index: IndexProcess, miner: Miner, modelId: Hex, n: number): Promise<Sample> {
  const { cast, move, client, contract: address } = stage
  const deadline = (await stage.now()) + 90n
  const requestId = await move(cast.requester, 'request', [modelId, NOBODY, tensor('x', n), deadline], 1n)
  const resultId = await move(cast.node, 'post', [requestId, tensor('y', n + 1)])
  const { blockNumber } = await eventOf('Posted')
  await until(async () => {
    const { result } = await (index as IndexProcess).ask<{ result: unknown }>(`{ result(id: "${resultId}") { id } }`)
    return result !== null
  })
  const visibleAt = performance.now()
  const minedAt = await miner.minedAt(blockNumber)
  const visibleBlocks = Number((await stage.head()) - blockNumber)

  let challenged: Awaited<ReturnType<typeof eventOf>> | undefined
  await until(async () => {
    challenged = await eventOf('Challenged').catch(() => undefined)
    return challenged !== undefined
  })
  const at = (challenged as NonNullable<typeof challenged>).blockNumber
  return {
    visibleMs: visibleAt - minedAt,
    visibleBlocks,
    challengedMs: (await miner.minedAt(at)) - minedAt,
    challengedBlocks: Number(at - blockNumber),
  }

  async function eventOf(eventName: 'Posted' | 'Challenged') {
    const [event] = await client.getContractEvents({
      ...{ address, abi: gainsayAbi, eventName },
      args: { resultId },
      fromBlock: 0n,
    })
    if (!event) throw new Error(`no ${eventName}`)
    return event
  }
}

/** The identity model's input or output, inline. */
function tensor(name: string, value: number) {
  const data = new Uint8Array(Float32Array.of(value).buffer)
  const bytes = encodeTensors(new Map([[name, { dtype: 'float32' as const, dims: [1], data }]]))
  return { hash: sha256(bytes), uri: '', data: toHex(bytes) }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + GIVE_UP_MS; !(await done()); await sleep(5))
    if (performance.now() > deadline) throw new Error(`nothing came of it within ${GIVE_UP_MS} ms`)
}

function sha256(data: string | Uint8Array): Hex {
  return `0x${createHash('sha256').update(data).digest('hex')}`
}
