import { PPM } from '../../config/policy.ts'
import { proofGas } from '../../protocol/proof/proof-gas.ts'
import { shareOf } from '../../protocol/share.ts'

/** What a deployment pays and takes; wei, and shares of a slashed bond in 1/10,000. */
export interface Stakes {
  readonly nodeBond: bigint
  readonly challengeBond: bigint
  readonly rewardBps: number
  readonly burnBps: number
}

/** What a challenge depends on. */
export interface ChallengeTerms extends Stakes {
  /** that it is won, in millionths */
  readonly winChance: bigint
  /** wei that a demand for a withheld trace may cost; 0 where none is to be expected */
  readonly demandFee: bigint
  /** wei a unit of gas */
  readonly gasPrice: bigint
  /** gas of all steps to the end */
  readonly gas: bigint
}

/** What a slashed bond pays to whoever got it slashed: wei, rounded down as the contract does. */
export function rewardOf({ nodeBond, rewardBps }: Pick<Stakes, 'nodeBond' | 'rewardBps'>): bigint {
  return shareOf(nodeBond, rewardBps)
}

/**
 * What challenging is worth, in wei: p·R − (1 − p)·(B + F) − g·G. Won, it brings the reward R, and bond and fee come back;
 * lost, the bond B and the fee F of a demand that was answered are gone; the gas G at price g is paid either way.
 *
 * The fee that the requester paid is no part of it: rejected, it goes back to the requester.
 */
export function challengeValue(terms: ChallengeTerms): bigint {
  const { winChance, challengeBond, demandFee, gasPrice, gas } = terms
  const gain = winChance * rewardOf(terms)
  const loss = (PPM - winChance) * (challengeBond + demandFee)
  return floorDiv(gain - loss, PPM) - gasPrice * gas
}

/** What joining another's dispute is worth, in wei: p·R − (1 − p)·F − g·G, with no bond at stake. */
export function convictionValue(terms: Omit<ChallengeTerms, 'challengeBond'>): bigint {
  return challengeValue({ ...terms, challengeBond: 0n })
}

/**
 * What replaying a result is worth, in wei: q·max(0, V) − c·t. With chance q it is fraudulent, and then challenging it is
 * worth V, unless that is not worth doing; t milliseconds of replaying cost c each.
 */
export function replayValue(parts: { chance: bigint; challenge: bigint; weiPerMs: bigint; ms: number }): bigint {
  const { chance, challenge, weiPerMs, ms } = parts
  const gain = challenge > 0n ? (chance * challenge) / PPM : 0n
  return gain - weiPerMs * BigInt(Math.ceil(ms))
}

/**
 * Gas of each step, about a quarter above what `npm run demo` pays; an appeal's with 2 KiB of evidence. A proof's comes from
 * the model's longest sum of products.
 */
export const STEP_GAS = {
  challenge: 75_000n,
  withdraw: 45_000n,
  commit: 55_000n,
  demand: 150_000n,
  claimWithheld: 125_000n,
  appeal: 250_000n,
} as const

/**
 * Gas of a dispute from challenge to withdrawal, on its dearest way: a commitment and a proof.
 *
 * @param longest terms of the model's longest sum of products; 0 when that is not known
 */
export function courseGas(longest: number): bigint {
  return STEP_GAS.challenge + convictionGas(longest)
}

/** The same of a conviction in another's dispute. */
export function convictionGas(longest: number): bigint {
  return STEP_GAS.commit + BigInt(proofGas(longest)) + STEP_GAS.withdraw
}

/** Rounds down below zero too, so that a fraction of a wei never makes a loss look like none. */
function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}
