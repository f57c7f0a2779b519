import type { Hex, TransactionReceipt } from 'viem'

/** What a transaction in a block paid for its gas, in wei; rollups take the cost of its data on top, in a field of their own. */
export function gasPaidOf(receipt: Pick<TransactionReceipt, 'gasUsed' | 'effectiveGasPrice'>): bigint {
  const l1Fee = (receipt as { l1Fee?: bigint | Hex | null }).l1Fee
  return receipt.gasUsed * receipt.effectiveGasPrice + (l1Fee ? BigInt(l1Fee) : 0n)
}
