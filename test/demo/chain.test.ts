import { createPublicClient, type HDAccount, http, parseEther, zeroAddress } from 'viem'
import { anvil } from 'viem/chains'
import { expect, it } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { anvilPath, deployGainsay, LocalChainError, startLocalChain } from '../../demo/chain.ts'

it('starts a chain with money, deploys the contract with its terms, and ends both', async () => {
  const chain = await startLocalChain({ accounts: 3 })
  try {
    const client = createPublicClient({ chain: anvil, transport: http(chain.rpcUrl) })
    expect(await client.getChainId()).toBe(31337)
    expect(chain.accounts).toHaveLength(3)
    for (const { address } of chain.accounts) expect(await client.getBalance({ address })).toBe(parseEther('10000'))

    const parameters = {
      ...{ challengeWindow: 30n, revealWindow: 10n, convictionWindow: 15n, nodeBond: 10n ** 18n },
      ...{ challengeBond: 10n ** 17n, rewardBps: 5000, burnBps: 1000, conviction: zeroAddress },
    }
    const account = chain.accounts[0] as HDAccount
    const { address, blockNumber } = await deployGainsay({ rpcUrl: chain.rpcUrl, account, parameters })
    expect(address).toBe(address.toLowerCase())
    expect((await client.getBlockNumber()) >= blockNumber).toBe(true)
    const call = { address, abi: gainsayAbi } as const
    expect(await client.readContract({ ...call, functionName: 'parameters' })).toEqual(parameters)
  } finally {
    await chain.stop()
  }
  await expect(fetch(chain.rpcUrl)).rejects.toThrow()
  expect(() => process.kill(chain.pid, 0)).toThrow('ESRCH')
  await chain.stop()
})

it('runs chains beside each other', async () => {
  const chains = await Promise.all([startLocalChain(), startLocalChain()])
  expect(new Set(chains.map(({ port }) => port)).size).toBe(2)
  await Promise.all(chains.map((chain) => chain.stop()))
})

it('says why a chain does not come up', async () => {
  const refused = await startLocalChain({ mnemonic: 'not a phrase' }).catch((error: unknown) => error as Error)
  expect(refused).toBeInstanceOf(LocalChainError)
  expect((refused as Error).message).toContain('Anvil ended at once')
  expect((refused as Error).message).not.toContain('not a phrase')
  await expect(startLocalChain({ timeoutMs: 1 })).rejects.toThrow(/did not answer within 1 ms/)
})

it('says how to get Anvil when it is not installed', () => {
  expect(() => anvilPath('file:///nowhere/at/all.ts')).toThrow(LocalChainError)
  expect(() => anvilPath('file:///nowhere/at/all.ts')).toThrow('npm ci')
})
