import { encodeFunctionData, type Hex, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { FRESH_MS } from '../../src/api/status/routes.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import { batch, rpc } from '../index/support/rpc.ts'
import { inline, NOBODY, NODE_BOND, type Stage, sha256, startStage } from '../index/support/stage.ts'

/** `COUNT_FRESH_MS` of `src/api/count.ts`, which only the index itself can load. */
const COUNT_FRESH_MS = 1000

let stage: Stage
let index: IndexProcess
let modelId: Hex

beforeAll(async () => {
  stage = await startStage()
  const { cast, move } = stage
  modelId = await move(cast.registrant, 'registerModel', [
    {
      ...{ modelHash: sha256('file'), graphRoot: sha256('graph'), uri: 'ipfs://file', arbiter: cast.arbiter },
      ...{ precision: 1, tolerance: 1n, rule: 0, lambda: 0 },
    },
  ])
  await move(cast.node, 'bond', [], 10n * NODE_BOND)
  index = await startIndex(stage)
})
afterAll(async () => {
  await index?.stop()
  await stage?.stop()
})

let asked = 0
/** Requests in one block, so of one second. */
async function requestTogether(count: number): Promise<void> {
  const { cast, contract, rpcUrl } = stage
  const deadline = (await stage.now()) + 10_000n
  await rpc(rpcUrl, 'evm_setAutomine', false)
  await batch(
    rpcUrl,
    Array.from({ length: count }, () => ({
      method: 'eth_sendTransaction',
      params: [
        {
          ...{ from: cast.requester, to: contract, value: toHex(1n), gas: toHex(1_000_000) },
          data: encodeFunctionData({
            abi: gainsayAbi,
            functionName: 'request',
            args: [modelId, NOBODY, inline(`input ${asked++}`), deadline],
          }),
        },
      ],
    })),
  )
  await stage.mine(1)
  await rpc(rpcUrl, 'evm_setAutomine', true)
  await index.reached(await stage.head())
}

interface Page {
  requests: { items: { id: Hex; requestedAt: string }[]; endCursor: string | null; totalCount: number }
}
const pageAfter = async (after: string | null, first = 4) =>
  (
    await index.ask<Page>(
      'query($after: String, $first: Int) { requests(first: $first, after: $after) { items { id requestedAt } endCursor totalCount } }',
      { after, first },
    )
  ).requests

test('a walk through rows of the same second sees each once, whatever arrives meanwhile, and counts are of now', async () => {
  await requestTogether(7)
  await stage.pass(5)
  await requestTogether(6)
  const all = await pageAfter(null, 100)
  expect([all.items.length, all.totalCount, all.endCursor]).toEqual([13, 13, null])
  expect(new Set(all.items.map(({ requestedAt }) => requestedAt)).size).toBe(2)
  const sorted = [...all.items].sort((a, b) => Number(b.requestedAt) - Number(a.requestedAt) || (a.id < b.id ? 1 : -1))
  expect(all.items).toEqual(sorted)

  const seen: Hex[] = []
  let after: string | null = null
  for (let pages = 0; pages < 4; pages++) {
    const page: Page['requests'] = await pageAfter(after)
    seen.push(...page.items.map(({ id }) => id))
    expect(page.totalCount).toBe(13 + pages)
    after = page.endCursor
    // In a second of its own: of one that is being walked through, rows may still come to stand before the cursor.
    await stage.pass(2)
    await requestTogether(1)
  }
  expect(seen).toEqual(all.items.map(({ id }) => id))
  expect(after).toBeNull()
})

test('what a reorg took away is neither counted nor answered for longer than is said', async () => {
  const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  const before = (await pageAfter(null)).totalCount
  const { cast, move } = stage
  const requestId = await move(cast.requester, 'request', [modelId, NOBODY, inline('gone'), (await stage.now()) + 100n])
  const resultId = await move(cast.node, 'post', [requestId, inline('gone')])
  await index.reached(await stage.head())
  const statusOf = async () => (await fetch(`${index.apiUrl}/results/${resultId}/status`)).status
  expect([(await pageAfter(null)).totalCount, await statusOf()]).toEqual([before + 1, 200])

  await rpc(stage.rpcUrl, 'evm_revert', snapshot)
  await stage.mine(5)
  await index.reached(await stage.head())
  await new Promise((done) => setTimeout(done, FRESH_MS))
  expect(await statusOf()).toBe(404)
  await new Promise((done) => setTimeout(done, COUNT_FRESH_MS - FRESH_MS))
  expect((await pageAfter(null)).totalCount).toBe(before)
})
