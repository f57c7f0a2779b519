import { setTimeout as sleep } from 'node:timers/promises'
import { createPublicClient, createWalletClient, http, type LocalAccount } from 'viem'
import { anvil } from 'viem/chains'
import { gainsayAbi } from '../abis/Gainsay.ts'
import type { Payload } from '../node/payload.ts'

/** A request to be made: which model, which node, on what, for what fee (wei). */
export interface PlannedRequest {
  modelId: `0x${string}`
  node: `0x${string}`
  input: Payload
  fee: bigint
}

/** Requests under way at once: enough that every block has some, few enough that nodes keep up. */
const BATCH = 2

/** Seconds of chain time that nodes have to answer. */
const ANSWER_WITHIN = 600n

/**
 * Makes requests in their order until all are on chain, and again those that a reorg takes away: the contract counts a
 * requester's requests, so the count says which one is next, whatever happened before.
 */
export async function makeRequests(parameters: {
  rpcUrl: string
  contract: `0x${string}`
  account: LocalAccount
  plan: readonly PlannedRequest[]
  signal: AbortSignal
}): Promise<void> {
  const { contract: address, account, plan, signal } = parameters
  const transport = http(parameters.rpcUrl)
  const client = createPublicClient({ chain: anvil, transport, cacheTime: 0 })
  const wallet = createWalletClient({ account, chain: anvil, transport })
  const deadlines = new Map<number, bigint>()

  while (!signal.aborted) {
    try {
      const block = await client.getBlock({ blockTag: 'latest' })
      const at = { blockNumber: block.number }
      const made = Number(
        await client.readContract({
          address,
          abi: gainsayAbi,
          functionName: 'nonceOf',
          args: [account.address],
          ...at,
        }),
      )
      const nonce = await client.getTransactionCount({ address: account.address, ...at })
      const batch = plan.slice(made, made + BATCH)
      for (const [i, { modelId, node, input, fee }] of batch.entries()) {
        const index = made + i
        // Kept, so that a request made again has the same id.
        const deadline = deadlines.get(index) ?? block.timestamp + ANSWER_WITHIN
        deadlines.set(index, deadline)
        const call = { address, abi: gainsayAbi, functionName: 'request' } as const
        const args = [modelId, node, input, deadline] as const
        await wallet.writeContract({ ...call, args, value: fee, nonce: nonce + i, gas: 3_000_000n })
      }
      await nextBlock(client, block.number, signal)
    } catch {
      // A reorg between two of these reads, or a transaction that is in the pool already: look again.
      await sleep(300, undefined, { signal }).catch(() => {})
    }
  }
}

async function nextBlock(client: { getBlockNumber(): Promise<bigint> }, after: bigint, signal: AbortSignal) {
  for (let tries = 0; tries < 30 && !signal.aborted; tries++) {
    if ((await client.getBlockNumber()) !== after) return
    await sleep(100, undefined, { signal }).catch(() => {})
  }
}
