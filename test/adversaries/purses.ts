import type { HDAccount, Hex } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import type { Stage } from './stage.ts'

/** Who plays. The adversary is somebody by itself, or the second account of a node that cheats. */
export interface Cast {
  watcher: HDAccount
  adversary: HDAccount
  node: HDAccount
  requester: HDAccount
}

/** What each of the cast has, or gained, and what was burnt: wei. */
export type Gains = Record<keyof Cast | 'burnt', bigint>

/** Where burnt wei go. */
const BURN = '0x000000000000000000000000000000000000dEaD'

/** What everybody has on chain: balance, what the contract owes them, and a node's bonds. */
export async function heldBy({ client, contract: address }: Stage, cast: Cast): Promise<Gains> {
  const of = async ({ address: account }: HDAccount) => {
    const read = (functionName: 'creditOf' | 'freeBondOf' | 'lockedBondOf') =>
      client.readContract({ address, abi: gainsayAbi, functionName, args: [account] })
    const parts = [read('creditOf'), read('freeBondOf'), read('lockedBondOf'), client.getBalance({ address: account })]
    return (await Promise.all(parts)).reduce((sum, wei) => sum + wei, 0n)
  }
  return {
    ...{ watcher: await of(cast.watcher), adversary: await of(cast.adversary) },
    ...{ node: await of(cast.node), requester: await of(cast.requester) },
    burnt: await client.getBalance({ address: BURN }),
  }
}

/** Wei of gas that each of the cast has paid since a block, by the receipts of all blocks. */
export async function gasSince(
  { client }: Stage,
  cast: Cast,
  block: bigint,
): Promise<Partial<Record<keyof Gains, bigint>>> {
  const paid: Partial<Record<keyof Gains, bigint>> = {}
  const names = new Map(Object.entries(cast).map(([name, { address }]) => [address.toLowerCase() as Hex, name]))
  const head = await client.getBlockNumber()
  for (let number = block + 1n; number <= head; number++) {
    const { transactions } = await client.getBlock({ blockNumber: number })
    for (const hash of transactions) {
      const { from, gasUsed, effectiveGasPrice } = await client.getTransactionReceipt({ hash })
      const name = names.get(from.toLowerCase() as Hex) as keyof Cast | undefined
      if (name) paid[name] = (paid[name] ?? 0n) + gasUsed * effectiveGasPrice
    }
  }
  return paid
}
