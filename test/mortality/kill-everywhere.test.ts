import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { createPublicClient, type HDAccount, http, toHex } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { connect } from '../../chain/connect.ts'
import { environmentOf, withoutKeys } from '../../cli/index-command.ts'
import { type Config, parseConfig } from '../../config/config.ts'
import { ACTOR_ACCOUNTS, type Actors, castOf, startActors } from '../../demo/actors.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { deployProtocol } from '../../demo/deploy.ts'
import { demoModels } from '../../demo/models.ts'
import { demandTerms, terms } from '../../demo/terms.ts'
import { reconcile } from '../../journal/ledger/reconcile.ts'
import { openJournal, openJournalReadOnly } from '../../journal/open.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import { rpc } from '../index/support/rpc.ts'
import { drawPart } from './part.ts'

// Three frauds, one of each way to be caught: a lie inside an operator, silence, a trace that is kept back.
const RUN = { results: 5, seed: 441 }
const FRAUDS = 3
/** A watcher that starts and dies a hundred times takes minutes: no window that it has to act in may be over by then. */
const PATIENT = { ...terms, challengeWindow: 3600n, convictionWindow: 1800n }
/** Half of the second one it waits for a trace before it demands it: when nothing dies so many ms, the chain's clock jumps. */
const IDLE = 15_000
/** A sixth of the writes, another one each time, and every broadcast; with `GAINSAY_TEST_ALL=1` all of them. */
const part = drawPart(6)

const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-mortal-'))
const places = join(dataDir, 'places-of-death')
const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
const preload = new URL('./preload.mjs', import.meta.url).href

let chain: LocalChain
let index: IndexProcess
let actors: Actors
let config: Config
let watcher: HDAccount
let child: ChildProcess | undefined
let isOver = false
let deaths = 0

/** Starts the watcher again whenever it has died; any other end is a failure. */
async function live(): Promise<void> {
  const keyFile = join(dataDir, 'watcher.key')
  writeFileSync(keyFile, toHex(watcher.getHdKey().privateKey as Uint8Array), { mode: 0o600 })
  const env = {
    ...withoutKeys(process.env),
    ...environmentOf(config),
    ...{
      GAINSAY_API_URL: index.apiUrl,
      GAINSAY_PRIVATE_KEY_FILE: keyFile,
      GAINSAY_PLACES_OF_DEATH: places,
      GAINSAY_DEATHS: part,
    },
  }
  const log = openSync(join(dataDir, 'watcher.log'), 'a')
  while (!isOver) {
    child = spawn(process.execPath, ['--import', preload, bin, 'watch'], { env, stdio: ['ignore', log, log] })
    const [code, signal] = await once(child, 'exit')
    if (signal === 'SIGKILL') deaths++
    else if (!isOver) throw new Error(`the watcher ended with ${code ?? signal}\n${logged().slice(-3000)}`)
  }
  closeSync(log)
}

const logged = () => readFileSync(join(dataDir, 'watcher.log'), 'utf8')
const client = () => createPublicClient({ chain: anvil, transport: http(chain.rpcUrl, { batch: true }), cacheTime: 0 })
const events = <const Name extends 'Challenged' | 'Rejected' | 'Posted'>(eventName: Name) =>
  client().getContractEvents({ address: config.contract, abi: gainsayAbi, eventName, fromBlock: 0n, strict: true })

beforeAll(async () => {
  chain = await startLocalChain({ accounts: 2 + ACTOR_ACCOUNTS, gasLimit: 60_000_000 })
  const [deployer, first, ...accounts] = chain.accounts as [HDAccount, HDAccount, ...HDAccount[]]
  watcher = first
  const deployed = await deployProtocol({ rpcUrl: chain.rpcUrl, account: deployer, parameters: PATIENT, demandTerms })
  const { chainId, rpcUrl } = chain
  const at = { chainId, rpcUrl, contract: deployed.gainsay, startBlock: Number(deployed.blockNumber) }
  index = await startIndex(at)
  config = parseConfig({
    ...{ GAINSAY_RPC_URL: rpcUrl, GAINSAY_CHAIN_ID: String(chainId), GAINSAY_CONTRACT: deployed.gainsay },
    ...{ GAINSAY_START_BLOCK: String(at.startBlock), GAINSAY_DATA_DIR: dataDir, GAINSAY_POLL_MS: '100' },
    ...{ GAINSAY_ALLOW_PRIVATE_HOSTS: '1', GAINSAY_ARBITERS: castOf(accounts).judge.address, GAINSAY_MODE: 'live' },
  })
  // What dies while it is made is tested by itself.
  await (await openJournal(join(dataDir, 'journal.sqlite'))).destroy()
  actors = await startActors({
    ...{ config, conviction: deployed.conviction, models: demoModels(), accounts, ...RUN },
    log: pino({ level: 'silent' }),
  })
})

afterAll(async () => {
  isOver = true
  child?.kill('SIGTERM')
  await actors?.stop()
  await index?.stop()
  await chain?.stop()
})

test(`dies before and after every write and every broadcast (part ${part}), and does everything exactly once`, async () => {
  const living = live()
  actors.request()
  const read = { address: config.contract, abi: gainsayAbi } as const
  const credit = () => client().readContract({ ...read, functionName: 'creditOf', args: [watcher.address] })
  const done = async () => {
    const rejected = await events('Rejected')
    if (rejected.length < FRAUDS || (await events('Posted')).length < RUN.results) return false
    const journal = openJournalReadOnly(join(dataDir, 'journal.sqlite'))
    const open = await journal?.selectFrom('action').select('key').where('state', '=', 'open').execute()
    await journal?.destroy()
    return open?.length === 0 && (await credit()) === 0n
  }
  for (let [seen, since] = [deaths, Date.now()]; !(await done()); await Promise.race([sleep(500), living])) {
    if (deaths === seen && Date.now() - since < IDLE) continue
    if (deaths === seen) await rpc(chain.rpcUrl, 'evm_increaseTime', 120)
    ;[seen, since] = [deaths, Date.now()]
  }
  isOver = true
  child?.kill('SIGTERM')
  await living

  const challenged = await events('Challenged')
  expect(challenged.map(({ args }) => args.challenger)).toEqual(Array(FRAUDS).fill(watcher.address))
  expect(new Set(challenged.map(({ args }) => args.resultId)).size).toBe(FRAUDS)
  const rejected = await events('Rejected')
  expect(new Set(rejected.map(({ args }) => args.resultId))).toEqual(
    new Set(challenged.map(({ args }) => args.resultId)),
  )

  // Began at the watcher's first start: every wei since then is in it.
  const journal = await openJournal(join(dataDir, 'journal.sqlite'))
  const ledger = await reconcile(journal, await connect(config), watcher.address, Date.now())
  await journal.destroy()
  expect(ledger).toMatchObject({ equal: true, differences: [], unexplained: 0n, foreignNonces: 0 })
  const { startBlock } = ledger.ledger
  expect(BigInt(startBlock)).toBeLessThan((challenged[0] as { blockNumber: bigint }).blockNumber)

  const places_ = readFileSync(places, 'utf8').trim().split('\n')
  expect(deaths).toBe(places_.length)
  expect(new Set(places_).size).toBe(places_.length)
  for (const kind of ['challenge', 'commit', 'convict', 'demand', 'claimWithheld', 'claimSilence', 'withdraw'])
    for (const when of ['before', 'after'])
      expect(
        places_.filter((place) => place.startsWith(`${when} broadcast`) && place.endsWith(` ${kind}`)),
        `${when} broadcast of ${kind}`,
      ).toHaveLength(1)
  console.log(`died ${deaths} times:\n${places_.join('\n')}`)
}, 900_000)
