import { setTimeout as sleep } from 'node:timers/promises'
import { type Hex, toFunctionSelector } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { resetTrips } from '../../journal/breaker.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { rpc } from '../index/support/rpc.ts'
import { inline, NOBODY, NODE_BOND, type Stage, sha256, startStage } from '../index/support/stage.ts'
import { type FakeIndex, type FakeView, startFakeIndex } from './fake-index.ts'
import { type FaultyRpc, type Lie, startFaultyRpc } from './faulty-rpc.ts'
import { type Started, startWatch } from './watch-support.ts'

// A watcher that holds a result for invalid, and would challenge it at once, in front of an index that is not to be
// trusted: nothing may be sent.

let stage: Stage
let index: FakeIndex
let started: Started | undefined
let proxies: [FaultyRpc, FaultyRpc]
let snapshot: unknown
beforeAll(async () => {
  stage = await startStage()
  const { cast, move } = stage
  const model = { modelHash: sha256('model'), graphRoot: sha256('graph'), uri: 'ipfs://model', arbiter: cast.arbiter }
  const modelId = await move(cast.registrant, 'registerModel', [
    { ...model, precision: 1, tolerance: 10n ** 13n, rule: rules.indexOf('worstCase'), lambda: 0 },
  ])
  await move(cast.node, 'bond', [], 10n * NODE_BOND)
  await stage.mine(60)
  const requestId = await move(
    cast.requester,
    'request',
    [modelId, NOBODY, inline('input'), (await stage.now()) + 5000n],
    10n,
  )
  await move(cast.node, 'post', [requestId, inline('a bad output')])
  await stage.mine(2)
  proxies = [await startFaultyRpc(stage.rpcUrl, { seed: 1 }), await startFaultyRpc(stage.rpcUrl, { seed: 2 })]
})
beforeEach(async () => {
  snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  index = await startFakeIndex(stage)
})
afterEach(async () => {
  await started?.stop()
  started = undefined
  await index.stop()
  for (const proxy of proxies) proxy.heal()
  await rpc(stage.rpcUrl, 'evm_revert', snapshot)
})
afterAll(async () => {
  for (const proxy of proxies ?? []) await proxy.stop()
  await stage?.stop()
})

async function start(rpcUrls = [proxies[0].url], env: Record<string, string> = {}): Promise<Started> {
  const posted = (await stage.events()).filter(({ eventName }) => eventName === 'Posted')
  const invalid = posted.flatMap(({ args, ...at }) => {
    const { resultId: id } = args as { resultId: Hex }
    // A row that says it is in another block is another observation, and held for invalid just so.
    return [
      { ...at, id },
      { ...at, id, blockHash: other },
    ]
  })
  started = await startWatch(stage, index, { rpcUrls, invalid, env })
  return started
}
const challenges = async () => (await stage.events()).filter(({ eventName }) => eventName === 'Challenged').length
async function challenged(): Promise<void> {
  for (const deadline = Date.now() + 12_000; (await challenges()) === 0; await sleep(50))
    if (Date.now() > deadline) throw new Error(`nothing was sent\n${started?.log.join('')}`)
}
const changed =
  (change: Partial<FakeView>) =>
  (truth: FakeView): FakeView => ({ ...truth, ...change })
const changedRow =
  (change: (row: FakeView['results'][0]) => object) =>
  (truth: FakeView): FakeView => ({ ...truth, results: truth.results.map((row) => ({ ...row, ...change(row) })) })
const other = sha256('something else')

test('an index that is right is acted upon', async () => {
  await start()
  await challenged()
  await started?.rounds(3)
  expect(await challenges()).toBe(1)
})

describe('nothing is sent, and it is said once why, when', () => {
  test.each<[string, (truth: FakeView) => FakeView, RegExp]>([
    [
      'it is of another contract',
      changed({ contract: `0x${'ab'.repeat(20)}` }),
      /follows 0xabab.* on chain 31337, not/,
    ],
    ['it is of another chain', changed({ chainId: 1 }), /on chain 1, not/],
    ['it is ahead of the chain', (t) => ({ ...t, blockNumber: t.blockNumber + 50n }), /ahead of the chain/],
    ['its head is another block', (t) => ({ ...t, timestamp: t.timestamp + 1n }), /other blocks than the index/],
    [
      'its last event is in another block',
      (t) => ({ ...t, lastEvent: t.lastEvent && { ...t.lastEvent, blockHash: other } }),
      /other blocks than the index/,
    ],
    ['a row is in another block', changedRow(() => ({ blockHash: other })), /has another block where the index/],
    ['a row has another output', changedRow(() => ({ outputHash: other })), /sending is stopped/],
    [
      'a row has another input',
      changedRow(({ request }) => ({ request: { ...request, inputHash: other } })),
      /sending is stopped/,
    ],
    [
      'a row is of another model',
      changedRow(({ model }) => ({ model: { ...model, id: other } })),
      /sending is stopped/,
    ],
    [
      "a row's model has another tolerance",
      changedRow(({ model }) => ({ model: { ...model, tolerance: 1n } })),
      /sending is stopped/,
    ],
    [
      "a row's model names another file",
      changedRow(({ model }) => ({ model: { ...model, modelHash: other } })),
      /sending is stopped/,
    ],
    [
      'a row is of a result that nobody posted',
      changedRow(() => ({ id: other })),
      /on chain it is none, no longer posted/,
    ],
  ])('%s', async (_, forge, reason) => {
    index.forge = forge
    const { it, rounds, log } = await start()
    await rounds(6)
    expect(await challenges()).toBe(0)
    expect(log.join('')).toMatch(reason)
    // Once it is right again, everything goes on; but after a lie about what was judged only when somebody has looked into it.
    index.forge = (truth) => truth
    if (reason.source === 'sending is stopped') {
      await rounds(3)
      expect(await challenges()).toBe(0)
      expect(await resetTrips(it.journal, 1)).toMatchObject([{ kind: 'index' }])
    }
    await challenged()
    expect(await challenges()).toBe(1)
  })

  test('it is stuck 50 blocks behind, for as long as it is', async () => {
    const { blockNumber, timestamp } = await stage.client
      .getBlock()
      .then(({ number, timestamp }) => ({ blockNumber: number, timestamp }))
    index.forge = changed({ blockNumber, timestamp })
    await stage.mine(50)
    const { rounds, log } = await start()
    await rounds(6)
    expect(await challenges()).toBe(0)
    expect(log.filter((line) => line.includes('the index is more than 5 blocks behind the chain'))).toHaveLength(1)
    index.forge = (truth) => truth
    await challenged()
  })

  test('it has stopped, for as long as it has', async () => {
    await index.stop()
    const { log } = await start()
    await sleep(1000)
    expect(await challenges()).toBe(0)
    expect(log.filter((line) => line.includes('does not answer'))).toHaveLength(1)
  })

  test('the endpoint is stale, and so the index ahead of it', async () => {
    proxies[0].lag(30)
    await stage.mine(31)
    const { rounds, log } = await start()
    await rounds(6)
    expect(await challenges()).toBe(0)
    expect(log.join('')).toContain('the index is ahead of the chain')
    proxies[0].heal()
    await challenged()
  })

  const selector = toFunctionSelector('function disputeOf(bytes32)')
  test.each<[string, string, Lie]>([
    ['code', 'eth_getCode', (code) => `${code}00`],
    ['blocks', 'eth_getBlockByNumber', (block) => ({ ...(block as object), hash: other })],
    [
      'the result',
      'eth_call',
      (answer, { params: [call] }) => {
        const isAbout = (call as { data: string }).data.startsWith(selector)
        return isAbout ? (answer as string).replace(/.$/, 'e') : answer
      },
    ],
  ])('two endpoints contradict each other about %s', async (_, method, lie) => {
    proxies[1].lie(method, lie)
    const { log } = await start(proxies.map(({ url }) => url))
    await sleep(1500)
    expect(await challenges()).toBe(0)
    expect(log.join('')).toContain('differ about one block')
    for (const proxy of proxies) expect(log.join('')).not.toContain(proxy.secret)
    proxies[1].heal()
    await challenged()
  })

  test('one of two endpoints does not answer', async () => {
    proxies[1].trouble({ kind: 'status' })
    const { log } = await start(proxies.map(({ url }) => url))
    await sleep(1500)
    expect(await challenges()).toBe(0)
    expect(log.join('')).toContain('two must agree')
    proxies[1].heal()
    await challenged()
  })
})
