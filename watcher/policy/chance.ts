import { PPM } from '../../config/policy.ts'

/** What was found about results of one node, of one model, or about one's own challenges. */
export interface Tally {
  /** how many were looked at */
  readonly all: number
  /** how many of them were what is counted: fraudulent, or won */
  readonly hits: number
}

/** A Beta distribution, as pseudo-observations: what one believes before anything was seen. Whole numbers. */
export interface Prior {
  readonly hits: number
  readonly misses: number
}

/**
 * Of results in general, one in a hundred is taken for fraudulent until shown otherwise. A guess, as nobody has measured it,
 * and a weak one: after a hundred checks what was seen counts for as much.
 */
export const FRAUD_PRIOR: Prior = { hits: 1, misses: 99 }

/**
 * Of our challenges, 19 in 20 are taken to be won until shown otherwise. A guess too: `invalid` took two runtimes, and a
 * challenge is decided on only where the registered rule can win it.
 */
export const WIN_PRIOR: Prior = { hits: 19, misses: 1 }

/**
 * The chance of a hit, in millionths: the posterior mean (α + x) / (α + β + n) of a Beta prior after n observations with x
 * hits. The Beta prior is conjugate to the binomial, so counting is all the updating there is.
 *
 * @see Gelman et al., *Bayesian Data Analysis*, 3rd ed., §2.4
 */
export function chanceOf({ all, hits }: Tally, prior: Prior): bigint {
  return (BigInt(prior.hits + hits) * PPM) / BigInt(prior.hits + prior.misses + all)
}

/**
 * The chance that a result is fraudulent, in millionths: the larger of its node's and its model's. Not their mean: a node
 * without a past must not hide behind a model's good name, nor a model that invites cheating behind an old node's.
 *
 * A node can earn itself a good name and cheat once. That is what the sampling floor is for, not this.
 */
export function fraudChance(node: Tally, model: Tally): bigint {
  const [ofNode, ofModel] = [chanceOf(node, FRAUD_PRIOR), chanceOf(model, FRAUD_PRIOR)]
  if (ofModel > ofNode) return ofModel
  return ofNode
}
