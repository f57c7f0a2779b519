import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PPM } from '../../config/policy.ts'
import { resetTrips } from '../../journal/breaker.ts'
import type { LedgerRow } from '../../journal/ledger/rows.ts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { recordObservation } from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { checkBreaker, disagreement } from '../../watcher/breaker.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'

const word = (digit: string) => `0x${digit.repeat(64)}` as const
const address = (digit: string) => `0x${digit.repeat(40)}` as const
const result = {
  ...{ id: word('1'), outputHash: word('2'), blockNumber: 1000n, blockHash: word('a'), node: { id: address('b') } },
  request: { id: word('3'), inputHash: word('4') },
  model: { id: word('5'), modelHash: word('6'), precision: 'fp32', tolerance: 7n, arbiter: { id: address('c') } },
} as unknown as IndexedResult
const onChain = {
  resultOf: { requestId: word('3'), node: address('B'), outputHash: word('2') },
  requestOf: { inputHash: word('4'), modelId: word('5') },
  modelOf: { modelHash: word('6'), precision: 1, tolerance: 7n, arbiter: address('C') },
}
type Answers = { [Name in keyof typeof onChain]: Partial<(typeof onChain)[Name]> }

let folder: string
let journal: Journal

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gainsay-breaker-'))
  journal = await openJournal(join(folder, 'journal.sqlite'))
})
afterEach(async () => {
  await journal.destroy()
  rmSync(folder, { recursive: true })
})

function watcher(change: Partial<Answers> = {}, blockHash = word('a')) {
  const client = {
    readContract: async ({ functionName }: { functionName: keyof typeof onChain }) => ({
      ...onChain[functionName],
      ...change[functionName],
    }),
    getBlock: async () => ({ hash: blockHash }),
  }
  const agreed = (read: (one: typeof client, head: bigint) => unknown) => read(client, 10_000n)
  const chain = { client, agreed, contract: address('d'), chainId: 1 }
  const config = { policy: { maxDisagreement: PPM / 5n } }
  return { chain, config, journal, account, log: pino({ enabled: false }), clock: () => 5 } as never
}
const account = { address: address('E') }
const view = { chainId: 1, contract: address('d'), blockNumber: 0n, timestamp: 0n, lastEvent: null, results: [] }

test('an index that shows what the chain shows trips nothing, however addresses are spelt', async () => {
  expect(await disagreement(watcher(), result, 1010n, false)).toBeNull()
  expect(await disagreement(watcher(), result, 9999n, false)).toBeNull()
  expect(await checkBreaker(watcher(), view)).toEqual([])
})

test.each<[string, Partial<Answers>]>([
  ['output', { resultOf: { outputHash: word('f') } }],
  ['node', { resultOf: { node: address('f') } }],
  ['input', { requestOf: { inputHash: word('f') } }],
  ['model', { requestOf: { modelId: word('f') } }],
  ['model file', { modelOf: { modelHash: word('f') } }],
  ['precision', { modelOf: { precision: 0 } }],
  ['tolerance', { modelOf: { tolerance: 8n } }],
  ['arbiter', { modelOf: { arbiter: address('f') } }],
])('an index that shows another %s stops all sending', async (what, change) => {
  const it = watcher(change)
  expect(await disagreement(it, result, 1010n, false)).toContain(`the ${what} is`)
  expect(await checkBreaker(it, view)).toMatchObject([{ kind: 'index', about: result.id, trippedAt: 5 }])
})

test('another block is a reorg that passes, unless no reorg goes so deep', async () => {
  const it = watcher({}, word('e'))
  expect(await disagreement(it, result, 1255n, true)).toBeNull()
  expect(await checkBreaker(it, view)).toEqual([])
  expect(await disagreement(it, result, 1256n, true)).toMatch(/block 1000 is 0xa+ in the index and 0xe+ on chain/)
  expect(await checkBreaker(it, view)).toHaveLength(1)
})

test('a result that the chain does not know is left to whoever sends: a reorg may have taken it', async () => {
  expect(await disagreement(watcher({ resultOf: { requestId: word('0') } }), result, 1010n, false)).toBeNull()
})

test('the index of another contract stops all sending, again after every reset', async () => {
  const other = { ...view, contract: address('e') }
  expect(await checkBreaker(watcher(), other)).toHaveLength(1)
  expect(await checkBreaker(watcher(), view)).toHaveLength(1)
  await resetTrips(journal, 6)
  expect(await checkBreaker(watcher(), view)).toEqual([])
  expect(await checkBreaker(watcher(), other)).toHaveLength(1)
})

test('a ledger that differs from the chain stops all sending, until it does not any more', async () => {
  const row = (differences: string): LedgerRow => ({
    ...{ account: address('e'), startBlock: 1, startHash: '0x', startBalance: '0', startCredit: '0', startNonce: 0 },
    ...{ anchorBlock: 1, anchorHash: '0x', anchorNonce: 0, unexplained: '0', foreignNonces: 0 },
    ...{ checkedBlock: 1, checkedAt: 1, differences },
  })
  await journal.insertInto('ledger').values(row('[{"what":"balance"}]')).execute()
  expect(await checkBreaker(watcher(), view)).toMatchObject([{ kind: 'ledger' }])
  await resetTrips(journal, 6)
  // What still differs stops it again.
  expect(await checkBreaker(watcher(), view)).toHaveLength(1)
  await journal.updateTable('ledger').set({ differences: '' }).execute()
  expect(await checkBreaker(watcher(), view)).toHaveLength(1)
  await resetTrips(journal, 7)
  expect(await checkBreaker(watcher(), view)).toEqual([])
})

test('runtimes that disagree too often stop all sending; a reset forgets what was judged before it', async () => {
  for (let i = 0; i < 6; i++) {
    const key = `k${i}`
    const where = { blockNumber: 1, blockHash: '0x', settlement: null }
    await recordObservation(journal, { key, resultId: '0x', requestId: '0x', modelId: 'm', node: `n${i}`, ...where }, 0)
    await recordVerdict(journal, {
      ...{ observationKey: key, kind: 'undetermined', step: 'second', reason: 'the runtimes disagree: one finds' },
      ...{ output: null, distance: null, tolerance: null, evidence: null, runtimes: '[]', ms: 1, judgedAt: 2 },
      retryAt: null,
    })
  }
  expect(await checkBreaker(watcher(), view)).toMatchObject([{ kind: 'runtimes' }])
  await resetTrips(journal, 6)
  expect(await checkBreaker(watcher(), view)).toEqual([])
})
