import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, copyFileSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPublicClient, type Hex, http } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../chain/connect.ts'
import { reconcile } from '../../journal/ledger/reconcile.ts'
import { openJournal, openJournalReadOnly } from '../../journal/open.ts'
import { rpc } from '../index/support/rpc.ts'
import { bin, FRAUDS, type Stage, startStage } from './stage.ts'

// What docs/operate.md says under "Restore", word by word: a copy made in the midst of disputes, a machine that is lost
// later, the copy put back, shadow first, live then.

/** Transactions that the watcher sends between the copy and its death, at least. */
const AFTER_COPY = 2
/** When nothing is mined so many ms, the chain's clock jumps: a trace that is kept back can be demanded only then. */
const IDLE = 15_000

let stage: Stage
let child: ChildProcess | undefined

beforeAll(async () => {
  stage = await startStage()
})

afterAll(async () => {
  child?.kill('SIGKILL')
  await stage?.stop()
})

const journalPath = () => join(stage.dataDir, 'journal.sqlite')

function start(mode: 'live' | 'shadow'): void {
  const log = openSync(join(stage.dataDir, 'watcher.log'), 'a')
  const env = { ...stage.env, GAINSAY_MODE: mode }
  child = spawn(process.execPath, [bin, 'watch'], { env, stdio: ['ignore', log, log] })
  closeSync(log)
}

async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  child?.kill(signal)
  await once(child as ChildProcess, 'exit')
}

function gainsay(...words: string[]): string {
  return execFileSync(process.execPath, [bin, ...words], { env: stage.env, encoding: 'utf8' })
}

/** Waits until it is so, and lets the chain's clock jump when nothing is mined. @throws Error when the watcher ends */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let [seen, since] = [await stage.nonce(), Date.now()]; !(await isSo()); await sleep(100)) {
    if (child?.exitCode !== null) throw new Error(`the watcher ended\n${stage.logged().slice(-3000)}`)
    const nonce = await stage.nonce()
    if (nonce === seen && Date.now() - since < IDLE) continue
    if (nonce === seen) await rpc(stage.rpcUrl, 'evm_increaseTime', 120)
    ;[seen, since] = [nonce, Date.now()]
  }
}

/** Hashes of all transactions in the journal. */
async function known(): Promise<Set<string>> {
  const journal = openJournalReadOnly(journalPath())
  const rows = await journal?.selectFrom('attempt').select('hash').execute()
  await journal?.destroy()
  return new Set(rows?.map(({ hash }) => hash))
}

/** The watcher's mined transactions, and what each cost it in gas, in wei. */
async function mined(): Promise<Map<Hex, bigint>> {
  const client = createPublicClient({ transport: http(stage.rpcUrl) })
  const found = new Map<Hex, bigint>()
  for (let number = await client.getBlockNumber(); number > 0n; number--) {
    const { transactions } = await client.getBlock({ blockNumber: number, includeTransactions: true })
    for (const { from, hash } of transactions) {
      if (from !== stage.watcher.toLowerCase()) continue
      const { gasUsed, effectiveGasPrice } = await client.getTransactionReceipt({ hash })
      found.set(hash, gasUsed * effectiveGasPrice)
    }
  }
  return found
}

test('a copy of the journal is put back as the documents say, and every dispute goes on to its end, once', async () => {
  start('live')
  stage.actors.request()
  await until(async () => (await stage.events('Challenged')).length > 0)
  // Held still, as a slow machine would be through with everything before the copy is made.
  child?.kill('SIGSTOP')
  const copy = join(stage.dataDir, 'copy.sqlite')
  expect(gainsay('journal', 'backup', copy)).toBe(`${copy}\n`)
  const atCopy = await stage.nonce()
  child?.kill('SIGCONT')
  await until(async () => (await stage.nonce()) >= atCopy + AFTER_COPY)
  await end('SIGKILL')
  expect((await stage.events('Rejected')).length, 'what is left to do').toBeLessThan(FRAUDS)

  for (const tail of ['', '-wal', '-shm']) rmSync(`${journalPath()}${tail}`, { force: true })
  copyFileSync(copy, journalPath())
  expect(JSON.parse(gainsay('journal', 'check', '--json')).problems).toEqual([])
  const inCopy = await known()
  const lost = [...(await mined())].filter(([hash]) => !inCopy.has(hash))
  expect(lost.length).toBeGreaterThanOrEqual(AFTER_COPY)

  const atRestore = await stage.nonce()
  start('shadow')
  const before = stage.logged().length
  await until(async () => stage.logged().slice(before).includes('in shadow mode nothing is sent'))
  await end('SIGTERM')
  expect(await stage.nonce(), 'nothing is sent in shadow mode').toBe(atRestore)

  start('live')
  await until(stage.isDone)
  await end('SIGTERM')

  const challenged = await stage.events('Challenged')
  expect(challenged.map(({ args }) => args.challenger)).toEqual(Array(FRAUDS).fill(stage.watcher))
  const rejected = await stage.events('Rejected')
  const idsOf = (events: typeof rejected) => events.map(({ args }) => args.resultId).sort()
  expect(idsOf(rejected)).toEqual(idsOf(challenged))

  // Of the ledger only the gas of what the copy knew nothing of is missing.
  const journal = await openJournal(journalPath())
  const ledger = await reconcile(journal, await connect(stage.config), stage.watcher, Date.now())
  await journal.destroy()
  const gas = lost.reduce((sum, [, wei]) => sum + wei, 0n)
  expect(ledger).toMatchObject({ equal: true, differences: [], unexplained: -gas, foreignNonces: lost.length })
}, 600_000)
