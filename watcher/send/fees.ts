/** What a transaction offers for its gas, in wei a unit (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** What the chain asks for gas now, in wei a unit. */
export interface Market {
  /** of the latest block */
  readonly baseFee: bigint
  /** what others add to be mined soon */
  readonly tip: bigint
}

/** So many blocks before the deadline all that an action can win may go into its gas. */
const LAST_BLOCKS = 8n
/** While there is time, a quarter of it at most: patience is free. */
const PATIENT_SHARE = 4n

/**
 * The most that an action may offer for a unit of gas, in wei: it never costs more than it can win, and far from its
 * deadline only a quarter of that. The share grows as the deadline comes near, 8 blocks / blocks left, up to the whole.
 *
 * @param valueWei what the action can win
 * @param gas its gas limit: all of it may be used
 * @param blocksLeft until its deadline; null when there is none, and then it can wait for cheaper gas
 */
export function feeCap({
  valueWei,
  gas,
  blocksLeft,
}: {
  valueWei: bigint
  gas: bigint
  blocksLeft: number | null
}): bigint {
  if (valueWei <= 0n || gas <= 0n) return 0n
  const patient = valueWei / (PATIENT_SHARE * gas)
  if (blocksLeft === null) return patient
  const left = BigInt(Math.max(0, Math.floor(blocksLeft)))
  if (left <= LAST_BLOCKS) return valueWei / gas
  const pressed = (valueWei * LAST_BLOCKS) / (gas * left)
  return pressed > patient ? pressed : patient
}

/**
 * What to offer first: enough for the base fee to double meanwhile, what it does in six full blocks.
 *
 * @param cap the most, in wei a unit; see {@link feeCap}
 * @returns null when the chain asks more than that already
 */
export function firstFees({ baseFee, tip }: Market, cap: bigint): Fees | null {
  if (cap < baseFee || cap <= 0n) return null
  const maxFeePerGas = least(2n * baseFee + tip, cap)
  return { maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) }
}

/**
 * What to offer instead of `before`, under the same nonce. Nodes take a replacement only when both fees are higher by a
 * tenth, some by an eighth; so each is, or what the chain asks now if that is more.
 *
 * @returns null when that would be above the cap: then the older offer stands
 */
export function bumpedFees(before: Fees, { baseFee, tip }: Market, cap: bigint): Fees | null {
  const lowest = raised(before.maxFeePerGas)
  if (lowest > cap) return null
  const maxFeePerGas = least(most(lowest, 2n * baseFee + tip), cap)
  const maxPriorityFeePerGas = least(most(raised(before.maxPriorityFeePerGas), tip), maxFeePerGas)
  return { maxFeePerGas, maxPriorityFeePerGas }
}

/** An eighth more, rounded up, and always more: of nothing, an eighth is nothing. */
function raised(fee: bigint): bigint {
  return most((fee * 9n + 7n) / 8n, fee + 1n)
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
