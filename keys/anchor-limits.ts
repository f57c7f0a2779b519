import { type Address, decodeFunctionData, type LocalAccount } from 'viem'
import { anchorAbi } from '../abis/Anchor.ts'
import { transactionsOnly } from './only-transactions.ts'
import { SpendLimitError } from './spend-limits.ts'

/**
 * Puts limits in front of an account that anchors: it signs `anchor` of one contract on one chain, sends nothing along, and
 * pays at most so much for the gas.
 *
 * @param maxFee wei that one transaction may cost at worst
 * @throws SpendLimitError from its signing
 */
export function anchorsOnly(
  account: LocalAccount,
  { chainId, contract, maxFee }: { chainId: number; contract: Address; maxFee: bigint },
): LocalAccount {
  return transactionsOnly(
    account.address,
    async (transaction) => {
      const { to, data, value, gas, maxFeePerGas } = transaction
      if (transaction.chainId !== chainId)
        throw new SpendLimitError(
          `A transaction for chain ${transaction.chainId} is not signed; anchors go to ${chainId}.`,
        )
      if (to.toLowerCase() !== contract.toLowerCase() || value !== 0n || !isAnchor(data))
        throw new SpendLimitError(`A transaction to ${to} is not signed: it anchors nothing at ${contract}.`)
      if (gas * maxFeePerGas > maxFee)
        throw new SpendLimitError(
          `Anchoring may cost ${gas * maxFeePerGas} wei, more than the ${maxFee} of GAINSAY_ANCHOR_MAX_FEE. Raise it if that is meant, or wait for cheaper gas.`,
        )
      return account.signTransaction({ type: 'eip1559', ...transaction })
    },
    (what) => new SpendLimitError(`The anchoring key signs anchors only, not ${what}.`),
  )
}

function isAnchor(data: `0x${string}`): boolean {
  try {
    return decodeFunctionData({ abi: anchorAbi, data }).functionName === 'anchor'
  } catch {
    return false
  }
}
