import type { Parameters } from '../chain/connect.ts'
import { shareOf } from '../protocol/share.ts'

/** Who gets what when a canary is caught. Wei. */
export interface CanaryCost {
  /** node bond at stake */
  bond: bigint
  /** lost for everybody */
  burnt: bigint
  /** the watcher's, for the challenge: the operator's own where both are one */
  reward: bigint
  /** comes back to the canary, who is the requester as well */
  back: bigint
  /** gas at most */
  gas: bigint
  /** what it costs the canary's account at most: all but what comes back */
  worst: bigint
}

/** Units of gas for all steps of a canary, generously, but for its bytes. `node --import tsx bench/gas.ts` measures them. */
const GAS = 1_500_000n
/** Units of gas for a byte of input or output in calldata and in the event, with what each transaction takes more than it uses. */
const GAS_PER_BYTE = 60n

/**
 * What a canary costs at most. The fee of its request is nothing: it would come back either way.
 *
 * @param bytes of input and output together
 * @param gasPrice most wei offered for a unit of gas
 */
export function canaryCost(
  { nodeBond: bond, rewardBps, burnBps }: Pick<Parameters, 'nodeBond' | 'rewardBps' | 'burnBps'>,
  bytes: number,
  gasPrice: bigint,
): CanaryCost {
  // As `Bonds._split` has it.
  const reward = shareOf(bond, rewardBps)
  const burnt = shareOf(bond, burnBps)
  const gas = (GAS + GAS_PER_BYTE * BigInt(bytes)) * gasPrice
  return { bond, burnt, reward, back: bond - reward - burnt, gas, worst: reward + burnt + gas }
}

/**
 * Why a canary may not be begun; null when it may.
 *
 * @param spent wei that the canaries of the last 24 hours cost
 */
export function refusalOf(
  { bond, worst }: Pick<CanaryCost, 'bond' | 'worst'>,
  { maxStake, maxCostPerDay }: { maxStake: bigint; maxCostPerDay: bigint },
  spent: bigint,
): string | null {
  if (bond > maxStake)
    return `A canary puts a node bond of ${bond} wei at stake, and GAINSAY_CANARY_MAX_STAKE allows ${maxStake}.`
  if (spent + worst > maxCostPerDay)
    return `A canary costs up to ${worst} wei, those of the last 24 hours ${spent}, and GAINSAY_CANARY_MAX_COST_PER_DAY allows ${maxCostPerDay}.`
  return null
}

/** Milliseconds from one canary to the next: from half to one and a half of what is wanted, by four secret bytes. */
export function pauseMs(everyS: number, secret: Uint8Array): number {
  const share = new DataView(secret.buffer, secret.byteOffset).getUint32(0) / 2 ** 32
  return Math.round(everyS * 1000 * (0.5 + share))
}
