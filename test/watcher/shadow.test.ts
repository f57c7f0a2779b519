import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Hex, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identityModel } from '../../cli/identity-model.ts'
import { openTrips } from '../../journal/breaker.ts'
import { type Journal, openJournalReadOnly } from '../../journal/open.ts'
import { shadowEarnings } from '../../journal/would-act.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import { rpc } from '../index/support/rpc.ts'
import { CHALLENGE_BOND, NOBODY, NODE_BOND, type Stage, sha256, startStage, WINDOW } from '../index/support/stage.ts'

// One chain, one index, two watchers: one live, one in shadow mode without a key. Blocks are mined by hand, so that both
// decide about the same state: on a busy chain, whoever is later sees that a result is challenged already.

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gainsay-shadow-'))
const dataOf = (name: string) => join(folder, name)
const REWARD = (NODE_BOND * 4999n) / 10_000n

let stage: Stage
let index: IndexProcess
let modelId: Hex
const running: ChildProcess[] = []
const journals = new Map<string, Journal>()

beforeAll(async () => {
  stage = await startStage({ seated: false })
  const { cast, move } = stage
  const model = identityModel()
  const path = join(folder, 'identity.onnx')
  writeFileSync(path, model)
  const terms = { modelHash: sha256(model), graphRoot: sha256('graph'), uri: pathToFileURL(path).href }
  modelId = await move(cast.registrant, 'registerModel', [
    { ...terms, precision: 1, tolerance: 10n ** 13n, arbiter: cast.arbiter, rule: 0, lambda: 0 },
  ])
  await move(cast.node, 'bond', [], 100n * NODE_BOND)
  index = await startIndex(stage)
})

afterAll(async () => {
  for (const child of running) {
    if (child.exitCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  for (const journal of journals.values()) await journal.destroy()
  await index?.stop()
  await stage?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('shadow mode decides what live mode decides, sends nothing, and says what it would have earned', async () => {
  const { cast, move, pass } = stage
  const silent = [await post(1, 2), await post(3, 4)]
  const revealed = await post(5, 6)
  await post(7, 7)
  await post(8, 8)
  await index.reached(await stage.head())
  await rpc(stage.rpcUrl, 'evm_setAutomine', false)
  startWatcher('live', { GAINSAY_MODE: 'live', GAINSAY_PRIVATE_KEY: stage.keyOf(cast.watcher) })
  startWatcher('shadow', {})
  await until('both have decided', async () => {
    const attempts = await (await journalOf('live'))?.selectFrom('attempt').select('hash').execute()
    const acts = await (await journalOf('shadow'))?.selectFrom('wouldact').select('key').execute()
    return attempts?.length === 3 && acts?.length === 3
  })
  await stage.mine(1)
  await rpc(stage.rpcUrl, 'evm_setAutomine', true)

  await move(cast.node, 'reveal', [revealed, sha256('trace'), 'ipfs://trace'])
  await pass(WINDOW + 1)
  await until('silence is claimed', async () => (await settlements('shadow', 'rejected')) === 2)
  // Nobody sits in the conviction seat and the arbiter does not rule: this challenge is lost.
  await pass(WINDOW + 1)
  await move(cast.stranger, 'finalize', [revealed])
  await until('the breaker has tripped', async () => (await openTrips(await opened('live'))).length === 1)
  expect(await openTrips(await opened('live'))).toMatchObject([{ kind: 'lost', about: revealed }])

  const late = await post(9, 10)
  await until('shadow mode has decided once more', async () => (await decisions('shadow')).challenge?.length === 4)
  await until('the live watcher says what holds it back', async () => logOf('live').includes('held back'))
  expect((await decisions('live')).challenge).toHaveLength(3)
  await resume()
  await until('the live watcher goes on', async () => (await decisions('live')).challenge?.length === 4)

  const [live, shadow] = [await decisions('live'), await decisions('shadow')]
  expect(shadow.challenge).toEqual([...silent, revealed, late].sort())
  expect(live.challenge).toEqual(shadow.challenge)
  // What follows only from a challenge of one's own cannot be had in shadow mode: the chain shows another's challenge.
  expect(Object.keys(shadow)).toEqual(['challenge'])
  expect(live.claimSilence).toEqual([...silent].sort())

  const db = await opened('shadow')
  for (const table of ['action', 'attempt'] as const)
    expect(await db.selectFrom(table).selectAll().execute()).toEqual([])
  const acts = await db.selectFrom('wouldact').selectAll().execute()
  const outcome = new Map(acts.map((act) => [act.resultId, act.outcome]))
  expect([...silent, revealed, late].map((id) => outcome.get(id))).toEqual(['won', 'won', 'lost', null])
  const gas = acts
    .filter((act) => act.outcome !== null)
    .map((act) => BigInt(act.gas ?? 0) * BigInt(act.gasPrice))
    .reduce((a, b) => a + b, 0n)
  expect(gas).toBeGreaterThan(0n)
  const { net, untested, open } = await shadowEarnings(db)
  expect({ net, untested, open }).toEqual({ net: 2n * REWARD - CHALLENGE_BOND - gas, untested: 0n, open: 1 })
  expect(logOf('shadow')).toContain('it would have earned')

  const challenged = (await stage.events()).filter(({ eventName }) => eventName === 'Challenged')
  const challengers = challenged.map(({ args }) => (args as { challenger: Hex }).challenger.toLowerCase())
  expect(new Set(challengers)).toEqual(new Set([cast.watcher]))
}, 300_000)

async function post(input: number, output: number): Promise<Hex> {
  const { cast, move } = stage
  const deadline = (await stage.now()) + 90n
  const requestId = await move(cast.requester, 'request', [modelId, NOBODY, tensor('x', input), deadline], 1n)
  return move(cast.node, 'post', [requestId, tensor('y', output)])
}

function tensor(name: string, value: number) {
  const data = new Uint8Array(Float32Array.of(value).buffer)
  const bytes = encodeTensors(new Map([[name, { dtype: 'float32' as const, dims: [1], data }]]))
  return { hash: sha256(bytes), uri: '', data: toHex(bytes) }
}

function environment(name: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    ...{ GAINSAY_RPC_URL: stage.rpcUrl, GAINSAY_CHAIN_ID: String(stage.chainId), GAINSAY_CONTRACT: stage.contract },
    ...{ GAINSAY_DATA_DIR: dataOf(name), GAINSAY_API_URL: index.apiUrl, GAINSAY_POLL_MS: '250' },
    ...{ GAINSAY_FILE_ROOTS: folder, GAINSAY_ARBITERS: stage.cast.arbiter },
    // A stage's bonds are worth less than gas.
    GAINSAY_MIN_CHALLENGE_VALUE: String(-(10n ** 18n)),
  }
}

function startWatcher(name: string, env: NodeJS.ProcessEnv): void {
  const log = openSync(join(folder, `${name}.log`), 'a')
  const options = { env: { ...environment(name), ...env }, stdio: ['ignore' as const, log, log] }
  running.push(spawn(process.execPath, [bin, 'watch'], options))
}

async function resume(): Promise<void> {
  const child = spawn(process.execPath, [bin, 'resume'], {
    env: environment('live'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout?.on('data', (text: Buffer) => {
    said += text
  })
  expect((await once(child, 'exit'))[0]).toBe(0)
  expect(said).toMatch(/our challenge of 0x[0-9a-f]{64} was lost/)
}

async function journalOf(name: string): Promise<Journal | undefined> {
  const path = join(dataOf(name), 'journal.sqlite')
  const journal = journals.get(name) ?? (existsSync(path) ? openJournalReadOnly(path) : undefined)
  if (journal) journals.set(name, journal)
  return journal
}

async function opened(name: string): Promise<Journal> {
  const journal = await journalOf(name)
  if (!journal) throw new Error(`the ${name} watcher has no journal`)
  return journal
}

async function settlements(name: string, settlement: string): Promise<number> {
  const rows = await (await opened(name))
    .selectFrom('observation')
    .select('key')
    .where('settlement', '=', settlement)
    .execute()
  return rows.length
}

/** Result ids of what a watcher wanted done, by kind. */
async function decisions(name: 'live' | 'shadow'): Promise<Partial<Record<string, string[]>>> {
  const db = await opened(name)
  const rows = await db
    .selectFrom(name === 'live' ? 'action' : 'wouldact')
    .select(['kind', 'resultId'])
    .execute()
  const found: Partial<Record<string, string[]>> = {}
  for (const { kind, resultId } of rows) found[kind] = [...(found[kind] ?? []), resultId ?? ''].sort()
  return found
}

function logOf(name: string): string {
  return readFileSync(join(folder, `${name}.log`), 'utf8')
}

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 120_000; !(await done()); await sleep(100))
    if (Date.now() > deadline)
      throw new Error(`not within two minutes: ${what}\n${logOf('live').slice(-3000)}\n${logOf('shadow').slice(-3000)}`)
}
