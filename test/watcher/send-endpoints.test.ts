import { createPublicClient, type Hex, http, type PublicClient, toHex } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Watch } from '../../watcher/context.ts'
import { settle } from '../../watcher/settle.ts'
import { type FaultyRpc, startFaultyRpc } from '../chain/faulty-rpc.ts'
import { actions, attempts, round, type Stage, startSendStage } from './send-stage.ts'

// Two endpoints, the preferred one of which lies about our own transactions.

let stage: Stage
let snapshot: Hex
let liar: FaultyRpc
let honest: FaultyRpc
beforeAll(async () => {
  stage = await startSendStage()
  liar = await startFaultyRpc(stage.chain.rpcUrl, { seed: 1 })
  honest = await startFaultyRpc(stage.chain.rpcUrl, { seed: 2 })
})
afterAll(async () => {
  await Promise.all([liar?.stop(), honest?.stop()])
  await stage?.stop()
})
beforeEach(async () => {
  snapshot = await stage.test.snapshot()
})
afterEach(async () => {
  liar.heal()
  await stage.client.request({ method: 'anvil_dropAllTransactions' } as never)
  await stage.test.revert({ id: snapshot })
})

/** A watcher that asks the liar first. */
async function watcher() {
  const it = await stage.watch({ GAINSAY_RPC_URL: `${liar.url},${honest.url}` })
  const client = createPublicClient({ transport: http(liar.url), cacheTime: 0 }) as PublicClient
  return { ...it, chain: { ...it.chain, client } }
}

/** A round, in which endpoints that differ may keep everything from going on. */
const trying = (it: Watch, decisions: Parameters<typeof round>[1] = []) => round(it, decisions).catch(() => {})
const receipt = (hash: Hex) => ({
  ...{ transactionHash: hash, transactionIndex: '0x0', blockHash: `0x${'ab'.repeat(32)}`, blockNumber: '0x1' },
  ...{ from: stage.watcher.address, to: stage.contract, cumulativeGasUsed: '0x1', gasUsed: '0x1', logs: [] },
  ...{ effectiveGasPrice: '0x1', contractAddress: null, logsBloom: '0x', status: '0x1', type: '0x2' },
})

test('a receipt that one endpoint invents ends nothing, and the challenge is made', async () => {
  const it = await watcher()
  const decision = await stage.decisionFor(await stage.post('wrong'))
  await round(it, [decision])
  const count = await stage.client.getTransactionCount({ address: stage.watcher.address })
  liar.lie('eth_getTransactionCount', () => toHex(count + 1))
  liar.lie('eth_getTransactionReceipt', (_, { params }) => receipt(params[0] as Hex))
  await trying(it, [decision])
  expect((await attempts(it)).map(({ state }) => state)).toEqual(['signed'])
  expect((await actions(it)).map(({ state }) => state)).toEqual(['open'])
  liar.heal()
  await stage.mine()
  await round(it, [])
  expect((await actions(it)).map(({ state }) => state)).toEqual(['done'])
})

test('a nonce that one endpoint says is used is not dropped for, nor is anything sent twice', async () => {
  const it = await watcher()
  const decision = await stage.decisionFor(await stage.post('wrong'))
  await round(it, [decision])
  const count = await stage.client.getTransactionCount({ address: stage.watcher.address })
  liar.lie('eth_getTransactionCount', () => toHex(count + 3))
  for (let i = 0; i < 3; i++) await trying(it, [decision])
  expect((await attempts(it)).map(({ state }) => state)).toEqual(['signed'])
  expect(await stage.pool()).toHaveLength(1)
})

test('gas that is too little on one endpoint’s word is not given, or the transaction would be mined in vain', async () => {
  const it = await watcher()
  const decision = await stage.decisionFor(await stage.post('wrong'))
  liar.lie('eth_estimateGas', () => '0x5208')
  await trying(it, [decision])
  expect(await attempts(it)).toEqual([])
  liar.heal()
  await round(it, [decision])
  await stage.mine()
  await round(it, [])
  expect((await attempts(it)).map(({ state }) => state)).toEqual(['mined'])
})

test('endpoints that are some blocks behind take nothing back', async () => {
  const it = await stage.watch({ GAINSAY_RPC_URL: honest.url })
  await round(it, [await stage.decisionFor(await stage.post('wrong'))])
  await stage.mine()
  await round(it, [])
  expect((await actions(it)).map(({ state }) => state)).toEqual(['done'])
  honest.lag(2)
  await round(it, [])
  honest.lag(0)
  expect((await actions(it)).map(({ state }) => state)).toEqual(['done'])
  expect(it.said.join()).not.toContain('a reorg took')
})

test('what a rollup takes for data is gas, too', async () => {
  const it = await stage.watch({ GAINSAY_RPC_URL: honest.url })
  const decision = await stage.decisionFor(await stage.post('wrong'))
  await round(it, [decision])
  await stage.mine()
  const end = honest.lie('eth_getTransactionReceipt', (answer) => ({ ...(answer as object), l1Fee: '0x2a' }))
  await round({ ...it, chain: { ...it.chain, client: createPublicClient({ transport: http(honest.url) }) } }, [])
  end()
  const [attempt] = await attempts(it)
  const { gasUsed, effectiveGasPrice } = await stage.client.getTransactionReceipt({ hash: attempt?.hash as Hex })
  expect(BigInt(attempt?.gasPaid ?? 0)).toBe(gasUsed * effectiveGasPrice + 42n)
})

test('nothing is asked about what is mined, round after round, until the chain changes', async () => {
  const it = await stage.watch({ GAINSAY_RPC_URL: honest.url })
  const decisions = [
    await stage.decisionFor(await stage.post('one')),
    await stage.decisionFor(await stage.post('two')),
    await stage.decisionFor(await stage.post('three')),
  ]
  await round(it, decisions)
  await stage.mine()
  await round(it, [])
  expect((await actions(it)).map(({ state }) => state)).toEqual(['done', 'done', 'done'])
  await round(it, [])
  honest.counts.clear()
  for (let i = 0; i < 5; i++) {
    await stage.mine()
    await round(it, [])
  }
  expect(honest.counts.get('eth_getTransactionReceipt')).toBeUndefined()
  // Heads, the pinned block, the last one looked at, two counts: whatever was mined before.
  expect([...honest.counts.values()].reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(5 * 8)
  // Told that nothing was reorganised, it does not even look.
  honest.counts.clear()
  await settle(it, it.account as never, false)
  expect([...honest.counts.values()]).toEqual([])
  await stage.client.request({ method: 'anvil_reorg', params: [2, []] } as never)
  await round(it, [])
  expect(honest.counts.get('eth_getTransactionReceipt')).toBe(3)
})
