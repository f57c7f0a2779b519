import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../chain/connect.ts'
import { reconcile } from '../../journal/ledger/reconcile.ts'
import { openJournal } from '../../journal/open.ts'
import { rpc } from '../index/support/rpc.ts'
import { drawPart } from './part.ts'
import { bin, FRAUDS, type Stage, startStage } from './stage.ts'

/** Half of the second one it waits for a trace before it demands it: when nothing dies so many ms, the chain's clock jumps. */
const IDLE = 15_000
/** A sixth of the writes, another one each time, and every broadcast; with `GAINSAY_TEST_ALL=1` all of them. */
const part = drawPart(6)

const preload = new URL('./preload.mjs', import.meta.url).href

let stage: Stage
let places: string
let child: ChildProcess | undefined
let isOver = false
let deaths = 0

/** Starts the watcher again whenever it has died; any other end is a failure. */
async function live(): Promise<void> {
  const env = { ...stage.env, GAINSAY_PLACES_OF_DEATH: places, GAINSAY_DEATHS: part }
  const log = openSync(join(stage.dataDir, 'watcher.log'), 'a')
  while (!isOver) {
    child = spawn(process.execPath, ['--import', preload, bin, 'watch'], { env, stdio: ['ignore', log, log] })
    const [code, signal] = await once(child, 'exit')
    if (signal === 'SIGKILL') deaths++
    else if (!isOver) throw new Error(`the watcher ended with ${code ?? signal}\n${stage.logged().slice(-3000)}`)
  }
  closeSync(log)
}

beforeAll(async () => {
  stage = await startStage()
  places = join(stage.dataDir, 'places-of-death')
})

afterAll(async () => {
  isOver = true
  child?.kill('SIGTERM')
  await stage?.stop()
})

test(`dies before and after every write and every broadcast (part ${part}), and does everything exactly once`, async () => {
  const living = live()
  stage.actors.request()
  for (let [seen, since] = [deaths, Date.now()]; !(await stage.isDone()); await Promise.race([sleep(500), living])) {
    if (deaths === seen && Date.now() - since < IDLE) continue
    if (deaths === seen) await rpc(stage.rpcUrl, 'evm_increaseTime', 120)
    ;[seen, since] = [deaths, Date.now()]
  }
  isOver = true
  child?.kill('SIGTERM')
  await living

  const challenged = await stage.events('Challenged')
  expect(challenged.map(({ args }) => args.challenger)).toEqual(Array(FRAUDS).fill(stage.watcher))
  expect(new Set(challenged.map(({ args }) => args.resultId)).size).toBe(FRAUDS)
  const rejected = await stage.events('Rejected')
  expect(new Set(rejected.map(({ args }) => args.resultId))).toEqual(
    new Set(challenged.map(({ args }) => args.resultId)),
  )

  // Began at the watcher's first start: every wei since then is in it.
  const journal = await openJournal(join(stage.dataDir, 'journal.sqlite'))
  const ledger = await reconcile(journal, await connect(stage.config), stage.watcher, Date.now())
  await journal.destroy()
  expect(ledger).toMatchObject({ equal: true, differences: [], unexplained: 0n, foreignNonces: 0 })
  const { startBlock } = ledger.ledger
  expect(BigInt(startBlock)).toBeLessThan(challenged[0]?.blockNumber ?? 0n)

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
