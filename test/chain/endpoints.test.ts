import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { createPublicClient, type Hex, keccak256 } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { Endpoints, type EndpointsOptions } from '../../chain/rpc/endpoints.ts'
import { rpc } from '../index/support/rpc.ts'
import { type Stage, startStage } from '../index/support/stage.ts'
import { type FaultyRpc, startFaultyRpc, type Trouble } from './faulty-rpc.ts'

let stage: Stage
let first: FaultyRpc
let second: FaultyRpc
let third: FaultyRpc
beforeAll(async () => {
  stage = await startStage()
  first = await startFaultyRpc(stage.rpcUrl, { seed: 1 })
  second = await startFaultyRpc(stage.rpcUrl, { seed: 2 })
  third = await startFaultyRpc(stage.rpcUrl, { seed: 3 })
})
afterEach(() => {
  for (const proxy of [first, second, third]) {
    proxy.heal()
    proxy.counts.clear()
  }
})
afterAll(async () => {
  for (const proxy of [first, second, third]) await proxy?.stop()
  await stage?.stop()
})

function open(proxies: FaultyRpc[], options: Partial<EndpointsOptions> = {}) {
  const endpoints = new Endpoints(
    proxies.map(({ url }) => url),
    { chainId: stage.chainId, timeoutMs: 400, ...options },
  )
  const client = createPublicClient({ transport: endpoints.transport, cacheTime: 0 })
  const states = () => endpoints.health().map(({ state }) => state)
  return { endpoints, client, states }
}
const balance = ({ client }: ReturnType<typeof open>) => client.getBalance({ address: stage.cast.stranger })

const troubles: [Trouble, 'limited' | 'down'][] = [
  [{ kind: 'error' }, 'down'],
  [{ kind: 'error', code: -32005, message: 'limit exceeded' }, 'limited'],
  [{ kind: 'status', status: 502 }, 'down'],
  [{ kind: 'status', status: 401 }, 'down'],
  [{ kind: 'limit' }, 'limited'],
  [{ kind: 'limit', retryAfter: '30' }, 'limited'],
  [{ kind: 'limitInBody' }, 'limited'],
  [{ kind: 'timeout' }, 'down'],
  [{ kind: 'slowBody' }, 'down'],
  [{ kind: 'drop' }, 'down'],
  [{ kind: 'garbage' }, 'down'],
  [{ kind: 'garbage', text: '{}' }, 'down'],
  [{ kind: 'garbage', text: '{"jsonrpc":"2.0","id":1,"result":"<html>"}' }, 'down'],
]

test.each(troubles)('an endpoint in trouble (%j) is left alone, and the next one answers', async (trouble, state) => {
  first.trouble(trouble, { methods: ['eth_getBalance'] })
  const all = open([first, second])
  await all.endpoints.refreshHeads()
  expect(await balance(all)).toBeGreaterThan(0n)
  expect(all.states()).toEqual([state, 'up'])
  expect(all.endpoints.health()[0]).toMatchObject({ errors: 1, reason: expect.any(String) })
  const asked = first.counts.get('eth_getBalance')
  await balance(all)
  expect(first.counts.get('eth_getBalance')).toBe(asked)
})

test.each(troubles)('what the only endpoint does (%j) is told without its URL', async (trouble) => {
  first.trouble(trouble)
  const all = open([first])
  const error = await balance(all).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(Error)
  const everything = inspect(error, { depth: 12, showHidden: true }) + inspect(all.endpoints.health())
  expect(everything).not.toContain(first.secret)
  expect(everything).not.toContain('v1/')
})

test('a refused connection is told without the URL, and the endpoint is used again when it is back', async () => {
  const all = open([first, second])
  await first.stop()
  expect(await balance(all)).toBeGreaterThan(0n)
  expect(all.states()).toEqual(['down', 'up'])
  await first.start()
  await sleep(2500)
  await balance(all)
  expect(all.states()).toEqual(['up', 'up'])
  expect(first.counts.get('eth_getBalance')).toBe(1)
})

test('a hiccup of the only endpoint is waited out', async () => {
  first.trouble({ kind: 'drop' }, { methods: ['eth_getBalance'], times: 2 })
  expect(await balance(open([first]))).toBeGreaterThan(0n)
})

test('Retry-After is heeded: not one request before, the first one after', async () => {
  first.trouble({ kind: 'limit', retryAfter: '3' }, { methods: ['eth_getBalance'], times: 1 })
  const all = open([first, second])
  const start = performance.now()
  await balance(all)
  first.counts.clear()
  while (performance.now() - start < 2500) {
    await balance(all)
    // On a machine so busy that a read takes half a second, nothing is shown.
    if (performance.now() - start < 2950) expect([...first.counts.values()]).toEqual([])
    await sleep(100)
  }
  while (performance.now() - start < 4000) await sleep(100)
  await balance(all)
  expect(first.counts.get('eth_getBalance')).toBe(1)
})

test('an answer that was under way does not end a pause that was asked for', async () => {
  first.trouble({ kind: 'delay', ms: 200 }, { methods: ['eth_getBalance'], times: 1 })
  first.trouble({ kind: 'limit', retryAfter: '5' }, { methods: ['eth_getBalance'], times: 1 })
  const all = open([first, second])
  await Promise.all([balance(all), balance(all)])
  expect(all.states()).toEqual(['limited', 'up'])
})

test('what the chain itself says, such as a revert, is an answer: nobody else is asked', async () => {
  const all = open([first, second])
  const call = { address: stage.contract, abi: gainsayAbi, functionName: 'challenge', args: [`0x${'1'.repeat(64)}`] }
  await expect(all.client.simulateContract(call as never)).rejects.toThrow(/revert/)
  expect(first.counts.get('eth_call')).toBe(1)
  expect(second.counts.get('eth_call')).toBeUndefined()
  expect(all.states()).toEqual(['up', 'up'])
})

test('no more than the rate allows is asked in any second', async () => {
  const times: number[] = []
  first.lie('eth_getBalance', (answer) => {
    times.push(performance.now())
    return answer
  })
  const all = open([first], { rate: 5, timeoutMs: 5000 })
  await Promise.all(Array.from({ length: 12 }, () => balance(all)))
  times.sort((a, b) => a - b)
  expect(times).toHaveLength(12)
  // They start a second apart, and arrive when a busy machine lets them.
  for (let i = 5; i < times.length; i++) expect((times[i] as number) - (times[i - 5] as number)).toBeGreaterThan(900)
})

test('with a rate, what does not fit goes to the next endpoint', async () => {
  const all = open([first, second], { rate: 4 })
  await all.endpoints.refreshHeads()
  const start = performance.now()
  await Promise.all(Array.from({ length: 4 }, () => balance(all)))
  expect(performance.now() - start).toBeLessThan(900)
  expect(second.counts.get('eth_getBalance')).toBeGreaterThan(0)
})

test('an endpoint whose head is old is not asked for the latest state, nor for logs that it has not got', async () => {
  const old = await stage.head()
  first.freeze(old)
  await stage.mine(10)
  const head = await stage.head()
  const all = open([first, second])
  expect(await all.client.getBlockNumber()).toBe(head)
  expect(await all.client.getBlock()).toMatchObject({ number: head })
  await balance(all)
  await all.client.getLogs({ fromBlock: old, toBlock: head })
  expect(first.counts.get('eth_getBalance')).toBeUndefined()
  expect(first.counts.get('eth_getLogs')).toBeUndefined()
  expect(all.endpoints.health()[0]).toMatchObject({ state: 'up', block: old, lag: head - old })
  // What is old it may be asked.
  await all.client.getBalance({ address: stage.cast.stranger, blockNumber: old })
  expect(first.counts.get('eth_getBalance')).toBe(1)
  // And everything again once it has caught up.
  first.heal()
  await sleep(1100)
  await balance(all)
  expect(first.counts.get('eth_getBalance')).toBe(2)
})

test('one endpoint alone cannot make up a head that makes the others look old', async () => {
  first.lie('eth_blockNumber', () => '0xffffff')
  const all = open([first, second, third])
  await all.endpoints.refreshHeads()
  expect(all.endpoints.head).toBe(await stage.head())
  expect(all.endpoints.health().map(({ lag }) => lag)).toEqual([0n, 0n, 0n])
})

test('an endpoint on another chain is quarantined, and nothing is asked of it', async () => {
  first.lie('eth_chainId', () => '0x1')
  const told: string[] = []
  const all = open([first, second], { notice: (name, what) => told.push(`${name} ${what}`) })
  await balance(all)
  expect(all.endpoints.health()[0]).toMatchObject({ state: 'down', reason: 'it is on chain 1' })
  expect([...first.counts.keys()]).toEqual(['eth_chainId'])
  expect(told).toEqual([expect.stringMatching(/^127.0.0.1:\d+ it is on chain 1$/)])
})

test('a block or receipt that one endpoint has not got yet is asked of another', async () => {
  const all = open([first, second])
  const old = await stage.head()
  first.freeze(old)
  await stage.mine(1)
  const { hash } = await stage.client.getBlock()
  expect((await all.client.getBlock({ blockHash: hash as Hex })).hash).toBe(hash)
  expect(await all.client.getBlock({ blockHash: stage.contract.padEnd(66, '0') as Hex }).catch((e) => e.name)).toBe(
    'BlockNotFoundError',
  )
  expect(all.states()).toEqual(['up', 'up'])
})

test('a signed transaction is told to all, so that no endpoint can swallow it', async () => {
  // One says yes and does nothing, one is silent.
  const yes = JSON.stringify({ jsonrpc: '2.0', id: 1, result: `0x${'ab'.repeat(32)}` })
  first.trouble({ kind: 'garbage', text: yes }, { methods: ['eth_sendRawTransaction'] })
  second.trouble({ kind: 'timeout' }, { methods: ['eth_sendRawTransaction'] })
  const all = open([first, second, third])
  const account = privateKeyToAccount(stage.keyOf(stage.cast.stranger))
  const serializedTransaction = await account.signTransaction({
    ...{ type: 'eip1559', chainId: stage.chainId, nonce: 0, to: stage.cast.stranger, gas: 21_000n },
    ...{ maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n },
  })
  await all.client.sendRawTransaction({ serializedTransaction })
  const hash = keccak256(serializedTransaction)
  expect((await stage.client.waitForTransactionReceipt({ hash, pollingInterval: 50 })).status).toBe('success')
  // What the chain refuses is the chain's answer, also where another endpoint is in trouble.
  first.heal()
  first.trouble({ kind: 'drop' })
  await expect(all.client.sendRawTransaction({ serializedTransaction })).rejects.toThrow(/nonce|known|imported/i)
})

test('the same URL given twice is one endpoint', () => {
  expect(open([first, first]).endpoints.all).toHaveLength(1)
})

test('health is counted', async () => {
  const all = open([first])
  await rpc(stage.rpcUrl, 'evm_mine')
  await all.client.getBlockNumber()
  expect(all.endpoints.health()).toEqual([
    {
      name: new URL(first.url).host,
      ...{ state: 'up', latencyMs: expect.any(Number), errors: 0, consecutiveErrors: 0, requests: 2 },
      ...{ block: await stage.head(), lag: 0n, reason: null },
    },
  ])
})
