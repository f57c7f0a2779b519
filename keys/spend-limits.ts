import { type Address, decodeFunctionData, type Hex, type LocalAccount } from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { type PlainTransaction, transactionsOnly } from './only-transactions.ts'

/** Thrown instead of signing what the limits do not allow; the message says which and what raises it. */
export class SpendLimitError extends Error {
  override name = 'SpendLimitError'
}

/** What an account may sign; amounts in wei. */
export interface SpendLimits {
  readonly chainId: number
  readonly contract: Address
  /** the conviction contract; undefined where there is none to call */
  readonly conviction: Address | undefined
  /** most that one transaction may send along */
  readonly maxValue: bigint
  /** most that may be spent in 24 hours, the worst case of all gas included */
  readonly maxPerDay: bigint
  /** what has been spent in the last 24 hours or may be by what is under way, but for the nonce that is signed for now */
  spent(exceptNonce: number): Promise<bigint>
}

const GAINSAY_CALLS = new Set(['challenge', 'claimSilence', 'withdraw'])
const CONVICTION_CALLS = new Set(['commit', 'convict', 'demand', 'claimWithheld', 'settleDemand', 'appeal'])

/**
 * Puts limits in front of an account, whatever holds its key: it signs the watcher's own moves on the two contracts and
 * self-transfers of nothing, up to a value each and a total a day. A fault anywhere else, or a watcher that is made to
 * misbehave, can lose that much and no more.
 *
 * @throws SpendLimitError from its signing
 */
export function limitSpending(account: LocalAccount, limits: SpendLimits): LocalAccount {
  const { address } = account
  return transactionsOnly(
    address,
    async (transaction) => {
      await allow(address, transaction, limits)
      return account.signTransaction({ type: 'eip1559', ...transaction })
    },
    (what) => new SpendLimitError(`The watcher's key signs its own moves only, not ${what}.`),
  )
}

async function allow(me: Address, transaction: PlainTransaction, limits: SpendLimits): Promise<void> {
  const { chainId, to, data, value, gas, maxFeePerGas, nonce } = transaction
  if (chainId !== limits.chainId)
    throw new SpendLimitError(`A transaction for chain ${chainId} is not signed; this watcher is on ${limits.chainId}.`)
  const what = moveOf(me, to, data, value, limits)
  if (!what)
    throw new SpendLimitError(
      `A transaction to ${to} (${data.slice(0, 10)}, ${value} wei) is not signed: it is none of the watcher's moves on ${limits.contract}${limits.conviction ? ` and ${limits.conviction}` : ''}.`,
    )
  if (value > limits.maxValue)
    throw new SpendLimitError(
      `${what} would send ${value} wei along, more than the ${limits.maxValue} of GAINSAY_MAX_VALUE.`,
    )
  const worst = value + gas * maxFeePerGas
  const spent = await limits.spent(nonce)
  if (spent + worst > limits.maxPerDay)
    throw new SpendLimitError(
      `${what} may cost ${worst} wei, and ${spent} are spent or bound in the last 24 hours: more than the ${limits.maxPerDay} of GAINSAY_MAX_SPEND_PER_DAY. Raise it if that is meant, or wait.`,
    )
}

/** The name of the move that a transaction makes; undefined when it is none. */
function moveOf(me: Address, to: Address, data: Hex, value: bigint, limits: SpendLimits): string | undefined {
  if (isSame(to, me)) return data === '0x' && value === 0n ? 'A self-transfer' : undefined
  try {
    if (isSame(to, limits.contract)) {
      const { functionName, args } = decodeFunctionData({ abi: gainsayAbi, data })
      // Our own money, to ourselves.
      if (functionName === 'withdraw' && !isSame(String(args[0]), me)) return undefined
      return GAINSAY_CALLS.has(functionName) ? functionName : undefined
    }
    if (limits.conviction && isSame(to, limits.conviction)) {
      const { functionName } = decodeFunctionData({ abi: convictionAbi, data })
      return CONVICTION_CALLS.has(functionName) ? functionName : undefined
    }
  } catch {
    // No function of theirs.
  }
  return undefined
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
