import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PPM } from '../../config/policy.ts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { recordObservation, verdictsOf } from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { countUnchecked } from '../../journal/unchecked.ts'
import type { Collected } from '../../watcher/collect.ts'
import { replayer } from '../../watcher/replays.ts'

let folder: string
let journal: Journal
/** what the policy may be told, and whether replays come to an end */
let knobs: { floor: bigint; weiPerMs: bigint; hold: Promise<void> }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gainsay-replays-'))
  journal = await openJournal(join(folder, 'journal.sqlite'))
  knobs = { floor: 0n, weiPerMs: 10n ** 18n, hold: Promise.resolve() }
  // A replay of this model took a second once, so the next one is expected to cost something.
  await observe('before')
  const nothing = { output: null, distance: null, tolerance: null, reason: null, evidence: null, runtimes: '[]' }
  const row = { ...nothing, step: 'bytes', ms: 1000, judgedAt: 1, retryAt: null } as const
  await recordVerdict(journal, { observationKey: 'before', kind: 'valid', ...row })
})
afterEach(async () => {
  await journal.destroy()
  rmSync(folder, { recursive: true })
})

function observe(key: string) {
  const names = { resultId: key, requestId: '0x', modelId: 'm', node: 'n', blockNumber: 1, blockHash: '0x' }
  return recordObservation(journal, { key, ...names, settlement: null }, 0)
}

async function posted(key: string, parts: { status?: string; windowEnd?: bigint } = {}): Promise<Collected> {
  await observe(key)
  const result = {
    ...{ id: key, node: { id: 'n' }, outputHash: '0x', outputUri: '', output: '0x01', status: 'posted' },
    ...{ windowEnd: 100n, challenge: null, request: { inputHash: '0x', inputUri: '', input: '0x02' } },
    model: { id: 'm', modelHash: '0x', uri: '', precision: 'fp32', tolerance: 1n },
    ...parts,
  }
  return { key, result } as unknown as Collected
}

function start(signal = new AbortController().signal) {
  const { floor: sampleFloor, weiPerMs: replayWeiPerMs } = knobs
  const parameters = { nodeBond: 10n ** 18n, challengeBond: 10n ** 17n, rewardBps: 5000 }
  const pathFor = async () => {
    await knobs.hold
    throw new Error('nowhere')
  }
  const it = {
    ...{ journal, pool: {}, artifacts: { pathFor }, log: pino({ enabled: false }), clock: () => 7 },
    chain: { parameters, client: { getGasPrice: async () => 10n ** 9n } },
    config: { replayWorkers: 1, policy: { sampleFloor, replayWeiPerMs } },
  }
  return replayer(it as never, signal)
}

const judged = async (keys: string[]) => [...(await verdictsOf(journal, keys)).keys()].sort()

test('with a floor of one everything is checked, whatever it costs', async () => {
  knobs.floor = PPM
  const replays = start()
  await replays.queue([await posted('a'), await posted('b')], 50n)
  await replays.stop()
  expect(await judged(['a', 'b'])).toEqual(['a', 'b'])
  expect(await countUnchecked(journal)).toBe(0)
})

test('without one, what is not worth its cost is counted, and looked at one by one while nothing else waits', async () => {
  const replays = start()
  const all = [await posted('a'), await posted('b'), await posted('c', { windowEnd: 50n })]
  let release = () => {}
  knobs.hold = new Promise((done) => {
    release = done
  })
  await replays.queue(all, 50n)
  await replays.queue(all, 50n)
  expect(await countUnchecked(journal)).toBe(3)
  release()
  await replays.stop()
  expect(await judged(['a', 'b', 'c'])).toHaveLength(1)
  await replays.queue(all, 50n)
  await replays.stop()
  expect(await judged(['a', 'b', 'c'])).toEqual(['a', 'b'])
  // Nothing can be done about it any more, so it stays unchecked.
  await replays.queue(all, 50n)
  await replays.stop()
  expect(await judged(['c'])).toEqual([])
  expect(await countUnchecked(journal)).toBe(1)
})

test('idle work waits for what must be checked', async () => {
  const cheap = await posted('cheap')
  const disputed = await posted('disputed', { status: 'challenged' })
  const replays = start()
  await replays.queue([cheap, disputed], 50n)
  await replays.stop()
  expect(await judged(['cheap', 'disputed'])).toEqual(['disputed'])
  await sleep(0)
  await replays.queue([cheap, disputed], 50n)
  await replays.stop()
  expect(await judged(['cheap', 'disputed'])).toEqual(['cheap', 'disputed'])
})

test('what is expected to pay is checked at any floor', async () => {
  knobs.weiPerMs = 0n
  const replays = start()
  await replays.queue([await posted('a')], 50n)
  await replays.stop()
  expect(await judged(['a'])).toEqual(['a'])
  expect(await countUnchecked(journal)).toBe(0)
})
