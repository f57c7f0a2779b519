import { type Hex, keccak256 } from 'viem'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { agreed, DisagreementError, type Read } from '../../chain/rpc/agreed.ts'
import { Endpoints, EndpointsError } from '../../chain/rpc/endpoints.ts'
import { rpc } from '../index/support/rpc.ts'
import { type Stage, startStage } from '../index/support/stage.ts'
import { type FaultyRpc, startFaultyRpc } from './faulty-rpc.ts'

let stage: Stage
let proxies: [FaultyRpc, FaultyRpc, FaultyRpc]
beforeAll(async () => {
  stage = await startStage()
  const start = (seed: number) => startFaultyRpc(stage.rpcUrl, { seed })
  proxies = [await start(1), await start(2), await start(3)]
})
afterEach(async () => {
  for (const proxy of proxies) {
    proxy.heal()
    proxy.retarget(stage.rpcUrl)
    await proxy.start()
    proxy.counts.clear()
  }
})
afterAll(async () => {
  for (const proxy of proxies ?? []) await proxy.stop()
  await stage?.stop()
})

const open = (count: number) =>
  new Endpoints(
    proxies.slice(0, count).map(({ url }) => url),
    { chainId: stage.chainId, timeoutMs: 400 },
  )
const balance: Read<bigint> = (client, blockNumber) => client.getBalance({ address: stage.cast.stranger, blockNumber })
const lieAboutMoney = (proxy: FaultyRpc) => proxy.lie('eth_getBalance', () => '0x1')

test('one endpoint decides alone where one is configured', async () => {
  expect(await agreed(open(1), balance)).toBe(await stage.client.getBalance({ address: stage.cast.stranger }))
})

test('two that say the same decide, and a third is not asked', async () => {
  expect(await agreed(open(3), balance)).toBe(await stage.client.getBalance({ address: stage.cast.stranger }))
  expect(proxies.map(({ counts }) => counts.get('eth_getBalance') ?? 0)).toEqual([1, 1, 0])
})

test('of two that differ nobody can say who lies: nothing is concluded, and both are asked again', async () => {
  const endpoints = open(2)
  lieAboutMoney(proxies[1])
  const error = await agreed(endpoints, balance).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(DisagreementError)
  expect((error as Error).message).toMatch(
    /^The RPC endpoints 127.0.0.1:\d+ and 127.0.0.1:\d+ differ about one block\./,
  )
  expect((error as Error).message).not.toContain('v1')
  proxies[1].heal()
  expect(await agreed(endpoints, balance)).toBeGreaterThan(1n)
})

test.each([0, 1])(
  'a third shows which of two lies (number %i); that one is quarantined, and it is told',
  async (liar) => {
    const told: string[] = []
    const endpoints = new Endpoints(
      proxies.map(({ url }) => url),
      { chainId: stage.chainId, notice: (name, what) => told.push(`${name} ${what}`) },
    )
    lieAboutMoney(proxies[liar] as FaultyRpc)
    expect(await agreed(endpoints, balance)).toBeGreaterThan(1n)
    const health = endpoints.health()
    expect(health[liar]).toMatchObject({
      state: 'down',
      reason: expect.stringMatching(/contradicts two others about block/),
    })
    expect(health.filter(({ state }) => state === 'up')).toHaveLength(2)
    expect(told).toEqual([expect.stringContaining('contradicts two others')])
    proxies[liar]?.counts.clear()
    expect(await agreed(endpoints, balance)).toBeGreaterThan(1n)
    expect(proxies[liar]?.counts.size).toBe(0)
  },
)

test('three that all differ conclude nothing', async () => {
  proxies[0].lie('eth_getBalance', () => '0x1')
  proxies[1].lie('eth_getBalance', () => '0x2')
  await expect(agreed(open(3), balance)).rejects.toBeInstanceOf(DisagreementError)
})

test.each(['stopped', 'silent', 'far behind', 'on another chain'])(
  'one of two is not enough while the other is %s',
  async (how) => {
    const old = await stage.head()
    await stage.mine(8)
    if (how === 'stopped') await proxies[1].stop()
    if (how === 'silent') proxies[1].trouble({ kind: 'timeout' })
    if (how === 'far behind') proxies[1].freeze(old)
    if (how === 'on another chain') proxies[1].lie('eth_chainId', () => '0x1')
    const error = await agreed(open(2), balance).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(EndpointsError)
    expect((error as Error).message).toMatch(/^1 of the 2 RPC endpoints can be asked now, and two must agree/)
  },
)

test('a third takes the place of one that does not answer', async () => {
  const endpoints = open(3)
  await endpoints.refreshHeads()
  proxies[0].trouble({ kind: 'drop' }, { methods: ['eth_getBlockByNumber'] })
  proxies[1].trouble({ kind: 'garbage', text: '{"id":1,"result":7}' }, { methods: ['eth_getBalance'], times: 1 })
  await expect(agreed(endpoints, balance)).rejects.toBeInstanceOf(EndpointsError)
  proxies[1].heal()
  expect(await agreed(endpoints, balance)).toBeGreaterThan(1n)
})

test('a head that one alone claims pins nothing, and a block behind is no disagreement', async () => {
  proxies[0].lie('eth_blockNumber', () => '0xfffff')
  proxies[1].lag(1)
  const head = await stage.head()
  const endpoints = open(3)
  expect(await agreed(endpoints, async (_, blockNumber) => blockNumber)).toBe(head)
  proxies[0].heal()
  await stage.mine(1)
  const two = open(2)
  expect(await agreed(two, async (_, blockNumber) => blockNumber)).toBe(head)
})

test('all is read at one block, by its hash, while the chain goes on', async () => {
  const { stranger } = stage.cast
  await rpc(stage.rpcUrl, 'anvil_setBalance', stranger, '0x64')
  await stage.mine(1)
  for (const proxy of proxies) {
    proxy.asked.length = 0
    proxy.record = true
  }
  const { hash } = await stage.client.getBlock()
  const goOn = once(async () => {
    await stage.mine(1)
    await rpc(stage.rpcUrl, 'anvil_setBalance', stranger, '0xc8')
    await stage.mine(1)
  })
  const seen = await agreed(open(2), async (client, blockNumber, pin) => {
    await goOn()
    return { balance: await client.getBalance({ address: stranger, blockNumber }), hash: pin.blockHash }
  })
  expect(seen).toEqual({ balance: 100n, hash })
  const asked = proxies[0].asked.find(({ method }) => method === 'eth_getBalance')
  expect(asked?.params[1]).toEqual({ blockHash: hash, requireCanonical: true })
  for (const proxy of proxies) proxy.record = false
})

test('an endpoint that takes no hashes for blocks is asked by number', async () => {
  for (const proxy of proxies)
    proxy.trouble({ kind: 'error', code: -32602, message: 'invalid params' }, { methods: ['eth_getBalance'], times: 1 })
  const endpoints = open(2)
  expect(await agreed(endpoints, balance)).toBeGreaterThan(0n)
  expect(await agreed(endpoints, balance)).toBeGreaterThan(0n)
  expect(proxies[0].counts.get('eth_getBalance')).toBe(3)
})

test('an endpoint on another fork is outvoted, and not called a liar', async () => {
  const fork = await startStage()
  await rpc(fork.rpcUrl, 'anvil_mine', `0x${((await stage.head()) - (await fork.head())).toString(16)}`)
  proxies[0].retarget(fork.rpcUrl)
  const endpoints = open(3)
  const hash = await agreed(endpoints, async (_, __, { blockHash }) => blockHash)
  expect(hash).toBe((await stage.client.getBlock()).hash)
  expect(endpoints.health()[0]).toMatchObject({ state: 'down', consecutiveErrors: 1 })
  await expect(agreed(open(2), async () => 'the same')).rejects.toBeInstanceOf(DisagreementError)
  await fork.stop()
})

test('that a call reverts, or a receipt is missing, is agreed upon like anything else', async () => {
  const id = `0x${'7'.repeat(64)}` as Hex
  const call: Read<unknown> = (client, blockNumber) =>
    client.simulateContract({
      ...{ address: stage.contract, abi: gainsayAbi, functionName: 'finalize', args: [id], blockNumber },
    })
  await expect(agreed(open(2), call)).rejects.toThrow(/WrongStatus/)
  await expect(agreed(open(2), (client) => client.getTransactionReceipt({ hash: id }))).rejects.toMatchObject({
    name: 'TransactionReceiptNotFoundError',
  })
  proxies[1].trouble(
    { kind: 'error', code: 3, message: 'execution reverted', data: '0x12345678' },
    { methods: ['eth_call'] },
  )
  await expect(agreed(open(2), call)).rejects.toBeInstanceOf(DisagreementError)
})

test('what must be equal can be said', async () => {
  proxies[1].lie('eth_getCode', (code) => `${code}00`)
  const code: Read<Hex> = async (client, blockNumber) =>
    keccak256((await client.getCode({ address: stage.contract, blockNumber })) as Hex)
  await expect(agreed(open(2), code)).rejects.toBeInstanceOf(DisagreementError)
  expect(await agreed(open(2), code, { equal: () => true })).toMatch(/^0x/)
})

function once(act: () => Promise<void>): () => Promise<void> {
  let acted: Promise<void> | undefined
  return () => {
    acted ??= act()
    return acted
  }
}
