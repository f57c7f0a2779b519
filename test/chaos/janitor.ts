import { createPublicClient, http, type LocalAccount } from 'viem'
import { anvil } from 'viem/chains'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { rpc } from '../index/support/rpc.ts'
import type { Deployment } from './deployment.ts'
import { move } from './script.ts'

const MOST_AT_ONCE = 100

/** Finalizes what nobody else does, as anyone may: results of strangers whose window is over. */
export async function finalizeOverdue(
  { rpcUrl, contract, chainId }: Deployment,
  account: LocalAccount,
  resultIds: Iterable<`0x${string}`>,
  most = MOST_AT_ONCE,
): Promise<void> {
  const client = createPublicClient({ chain: anvil, transport: http(rpcUrl, { batch: true }), cacheTime: 0 })
  const { timestamp } = await client.getBlock({ blockTag: 'latest' })
  const call = { address: contract, abi: gainsayAbi } as const
  const looked = await Promise.all(
    [...resultIds].map(async (id) => {
      const [status, { windowEnd }] = await Promise.all([
        client.readContract({ ...call, functionName: 'statusOf', args: [id] }),
        client.readContract({ ...call, functionName: 'resultOf', args: [id] }),
      ])
      return { id, isOver: status === 2 && windowEnd < timestamp }
    }),
  )
  let nonce = await client.getTransactionCount({ address: account.address, blockTag: 'latest' })
  for (const { id } of looked.filter(({ isOver }) => isOver).slice(0, most)) {
    const raw = await account.signTransaction({
      ...{ type: 'eip1559', chainId, nonce: nonce++, to: contract, data: move('finalize', [id]), gas: 500_000n },
      ...{ maxFeePerGas: 10n ** 15n, maxPriorityFeePerGas: 10n ** 9n },
    })
    await rpc(rpcUrl, 'eth_sendRawTransaction', raw).catch(() => {})
  }
}
