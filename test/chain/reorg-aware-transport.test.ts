import { createPublicClient, createTestClient, http } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BlockGoneError, reorgAwareTransport } from '../../chain/reorg-aware-transport.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'

let chain: LocalChain
beforeAll(async () => {
  chain = await startLocalChain()
})
afterAll(() => chain?.stop())

const request = (method: string, params: unknown[]) =>
  reorgAwareTransport(http(chain.rpcUrl))({ retryCount: 0 }).request({ method, params } as never)

test('tells at once, in words Ponder does not retry on, that a reorg removed a block', async () => {
  const client = createPublicClient({ chain: anvil, transport: http(chain.rpcUrl), cacheTime: 0 })
  const test = createTestClient({ mode: 'anvil', chain: anvil, transport: http(chain.rpcUrl) })
  await test.mine({ blocks: 5 })
  const { hash } = await client.getBlock()
  expect(await request('eth_getLogs', [{ blockHash: hash }])).toEqual([])

  await test.request({ method: 'anvil_reorg' as never, params: [3, []] as never })
  const error = await request('eth_getLogs', [{ blockHash: hash }]).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(BlockGoneError)
  expect((error as BlockGoneError).message).toContain('revert')
  expect(typeof (error as BlockGoneError).code).toBe('number')
})

test('lets every other error through as it is', async () => {
  const error = await request('no_such_method', []).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(Error)
  expect(error).not.toBeInstanceOf(BlockGoneError)
})
