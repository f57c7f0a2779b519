import type { Address, Hex, LocalAccount, SerializeTransactionFn, TransactionSerializable } from 'viem'
import { toAccount } from 'viem/accounts'

/** A transaction as the watcher makes them: EIP-1559, with everything said. */
export interface PlainTransaction {
  readonly chainId: number
  readonly nonce: number
  readonly to: Address
  readonly data: `0x${string}`
  /** wei */
  readonly value: bigint
  readonly gas: bigint
  /** wei a unit of gas */
  readonly maxFeePerGas: bigint
  /** wei a unit of gas */
  readonly maxPriorityFeePerGas: bigint
}

/**
 * An account that signs EIP-1559 transactions and nothing else: no messages, no typed data and no delegations, any of
 * which could give its money away.
 *
 * @param refusal makes the error for anything else
 */
export function transactionsOnly(
  address: Address,
  sign: (transaction: PlainTransaction) => Promise<Hex>,
  refusal: (what: string) => Error,
): LocalAccount {
  const refuse = (what: string) => async () => {
    throw refusal(what)
  }
  const account = toAccount({
    address,
    signTransaction: (async (given: TransactionSerializable, options?: { serializer?: SerializeTransactionFn }) => {
      if (options?.serializer) throw refusal('a transaction in a format of its own')
      return sign(plain(given, refusal))
    }) as never,
    signMessage: refuse('a message'),
    signTypedData: refuse('typed data'),
    sign: refuse('a bare hash'),
    signAuthorization: refuse('a delegation of the account'),
  })
  return account as unknown as LocalAccount
}

const KNOWN = new Set([
  'type',
  'chainId',
  'nonce',
  'to',
  'data',
  'value',
  'gas',
  'maxFeePerGas',
  'maxPriorityFeePerGas',
])

function plain(given: TransactionSerializable, refusal: (what: string) => Error): PlainTransaction {
  const {
    type,
    chainId,
    nonce,
    to,
    data = '0x',
    value = 0n,
    gas,
    maxFeePerGas,
    maxPriorityFeePerGas,
  } = given as Partial<PlainTransaction & { type: string }>
  const extra = Object.entries(given).find(([name, field]) => !KNOWN.has(name) && field !== undefined)
  if (extra) throw refusal(`a transaction with ${extra[0]}`)
  if (type !== 'eip1559') throw refusal(`a transaction of type ${type ?? 'unknown'}`)
  if (to === undefined || to === null) throw refusal('a deployment')
  if (
    chainId === undefined ||
    nonce === undefined ||
    gas === undefined ||
    maxFeePerGas === undefined ||
    maxPriorityFeePerGas === undefined
  )
    throw refusal('a transaction without chain id, nonce, gas or fees')
  return { chainId, nonce, to, data, value, gas, maxFeePerGas, maxPriorityFeePerGas }
}
