/**
 * How many JSON-RPC calls a block costs, by method, of the real index and the real watcher, with little and with much behind
 * them: calls must grow with new events and not with history.
 *
 * ```sh
 * node --import tsx bench/rpc-calls.ts
 * node --import tsx bench/rpc-calls.ts --past 1000,100000 --seconds 40 --endpoints 2 --json
 * ```
 *
 * The past is put into index and journal directly; see `past.ts`.
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
import { identityModel } from '../cli/identity-model.ts'
import { openJournal } from '../journal/open.ts'
import { encodeTensors } from '../protocol/tensor.ts'
import { type FaultyRpc, startFaultyRpc } from '../test/chain/faulty-rpc.ts'
import { type IndexProcess, startIndex } from '../test/index/support/index-process.ts'
import { startPostgres } from '../test/index/support/postgres.ts'
import { NOBODY, NODE_BOND, type Stage, startStage, WINDOW } from '../test/index/support/stage.ts'
import { end } from './apps.ts'
import { addPast } from './past.ts'
import { table } from './report.ts'

const { values: options } = parseArgs({
  options: {
    past: { type: 'string', default: '1000,100000' },
    seconds: { type: 'string', default: '40' },
    endpoints: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(options.seconds)

/** Calls a block, by who makes them and method. */
interface Calls {
  past: number
  blocks: number
  index: Record<string, number>
  watcher: Record<string, number>
}

const postgres = await startPostgres()
const results: Calls[] = []
try {
  for (const past of options.past.split(',').map(Number)) {
    console.error(`${past} past results`)
    results.push(await measure(past, await postgres.fresh()))
  }
} finally {
  await postgres.stop()
}
const [few, many] = [results[0], results.at(-1)] as [Calls, Calls]
const ratio = total(many) / total(few)
if (!options.json) {
  console.log(`JSON-RPC calls a block, ${options.endpoints} endpoint(s), ${seconds} s of about a new result a second`)
  const lines = (['index', 'watcher'] as const).flatMap((who) => {
    const methods = [...new Set(results.flatMap((one) => Object.keys(one[who])))].sort()
    return methods.map((method) => [who, method, ...results.map((one) => (one[who][method] ?? 0).toFixed(2))])
  })
  const totals = ['both', 'all', ...results.map((one) => total(one).toFixed(2))]
  console.log(table(['who', 'method', ...results.map(({ past }) => `${past} past`)], [...lines, totals]))
  console.log(`ratio ${ratio.toFixed(2)}`)
}
console.log(JSON.stringify({ ratio, results }))
process.exit()

function total({ index, watcher }: Calls): number {
  return [...Object.values(index), ...Object.values(watcher)].reduce((sum, calls) => sum + calls, 0)
}

async function measure(past: number, databaseUrl: string): Promise<Calls> {
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-rpc-calls-'))
  const stage = await startStage()
  const proxies = await Promise.all(
    ['index', 'watcher'].map(() =>
      Promise.all(
        Array.from({ length: Number(options.endpoints) }, (_, seed) => startFaultyRpc(stage.rpcUrl, { seed })),
      ),
    ),
  )
  const [ofIndex, ofWatcher] = proxies as [FaultyRpc[], FaultyRpc[]]
  let index: IndexProcess | undefined
  let watcher: ChildProcess | undefined
  try {
    const modelId = await prepare(stage, folder)
    const old = await post(stage, modelId, 0)
    await stage.pass(WINDOW + 1)
    await stage.move(stage.cast.stranger, 'finalize', [old])
    // What a reorg could still undo is recent, not past.
    await stage.mine(300)
    const rpcUrl = ofIndex.map(({ url }) => url).join(',')
    index = await startIndex({ ...stage, rpcUrl }, { databaseUrl, pollMs: 1000, urls: 1 })
    await index.reached(await stage.head())
    const journalPath = join(index.dataDir, 'journal.sqlite')
    await (await openJournal(journalPath)).destroy()
    await addPast(databaseUrl, journalPath, { resultId: old, copies: past, chainId: stage.chainId })
    watcher = startWatcher(stage, index, folder, ofWatcher)
    await play(stage, modelId, 8, 1)
    for (const { counts } of proxies.flat()) counts.clear()
    const from = await stage.head()
    await play(stage, modelId, seconds, 1000)
    const blocks = Number((await stage.head()) - from)
    const calls = { past, blocks, index: perBlock(ofIndex, blocks), watcher: perBlock(ofWatcher, blocks) }
    const seen = await index.ask<{ results: { totalCount: number }; watcher: { observed: number; valid: number } }>(
      '{ results(first: 1) { totalCount } watcher { observed valid } }',
    )
    // It was all there, and it was being watched.
    if (seen.results.totalCount <= past || seen.watcher.observed <= past + seconds / 2)
      throw new Error(`not all was seen: ${JSON.stringify(seen)}`)
    return calls
  } catch (error) {
    if (watcher) console.error(readFileSync(join(folder, 'watcher.log'), 'utf8').slice(-4000))
    throw error
  } finally {
    if (watcher) await end(watcher)
    await index?.stop()
    for (const proxy of proxies.flat()) await proxy.stop()
    await stage.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A result a second, every tenth of them wrong, so that replays, challenges and receipts are counted too. */
async function play(stage: Stage, modelId: Hex, count: number, from: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    const start = performance.now()
    await post(stage, modelId, from + n, n % 10 === 0)
    await sleep(Math.max(0, 1000 - (performance.now() - start)))
  }
}

function perBlock(proxies: readonly FaultyRpc[], blocks: number): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { counts } of proxies)
    for (const [method, count] of counts) sums[method] = (sums[method] ?? 0) + count / blocks
  return sums
}

async function prepare({ cast, move }: Stage, folder: string): Promise<Hex> {
  const model = identityModel()
  const path = join(folder, 'identity.onnx')
  writeFileSync(path, model)
  const terms = { modelHash: sha256(model), graphRoot: sha256('graph'), uri: pathToFileURL(path).href }
  await move(cast.node, 'bond', [], 2000n * NODE_BOND)
  return move(cast.registrant, 'registerModel', [
    { ...terms, precision: 1, tolerance: 10n ** 13n, arbiter: cast.arbiter, rule: 0, lambda: 0 },
  ])
}

async function post({ cast, move, now }: Stage, modelId: Hex, n: number, isWrong = false): Promise<Hex> {
  // Filling takes longer than a short deadline.
  const deadline = (await now()) + 5000n
  const requestId = await move(cast.requester, 'request', [modelId, NOBODY, tensor('x', n), deadline], 1n)
  return move(cast.node, 'post', [requestId, tensor('y', isWrong ? n + 1 : n)])
}

function startWatcher(stage: Stage, index: IndexProcess, folder: string, proxies: readonly FaultyRpc[]): ChildProcess {
  const log = openSync(join(folder, 'watcher.log'), 'a')
  return spawn(process.execPath, [fileURLToPath(new URL('../cli/gainsay.js', import.meta.url)), 'watch'], {
    env: {
      ...process.env,
      GAINSAY_RPC_URL: proxies.map(({ url }) => url).join(','),
      GAINSAY_CHAIN_ID: String(stage.chainId),
      GAINSAY_CONTRACT: stage.contract,
      GAINSAY_ARBITERS: stage.cast.arbiter,
      GAINSAY_DATA_DIR: index.dataDir,
      GAINSAY_API_URL: index.apiUrl,
      GAINSAY_FILE_ROOTS: folder,
      GAINSAY_PRIVATE_KEY: stage.keyOf(stage.cast.watcher),
      GAINSAY_MODE: 'live',
      GAINSAY_MAX_SPEND_PER_DAY: String(10n ** 24n),
    },
    stdio: ['ignore', log, log],
  })
}

function tensor(name: string, value: number) {
  const data = new Uint8Array(Float32Array.of(value).buffer)
  const bytes = encodeTensors(new Map([[name, { dtype: 'float32' as const, dims: [1], data }]]))
  return { hash: sha256(bytes), uri: '', data: toHex(bytes) }
}

function sha256(data: string | Uint8Array): Hex {
  return `0x${createHash('sha256').update(data).digest('hex')}`
}
