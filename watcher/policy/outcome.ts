import type { Unsettled } from '../../journal/would-act.ts'

/** What is known of the result that an act would have been about. */
export interface Fate {
  /** whether anybody challenged it */
  readonly challenged: boolean
  /** whether a proof of its fraud was found */
  readonly provable: boolean
  /** whether it was not challenged within its window */
  readonly unchallenged: boolean
  /** whether a challenge by the same watcher is recorded: then the reward is that one's */
  readonly ownChallenge: boolean
}

/** What an act would have come to; null while that is open. Wei, gas paid; below zero for a loss. */
export type Outcome = { readonly outcome: NonNullable<Unsettled['outcome']>; readonly earned: bigint } | null

/**
 * What an act that was not sent would have come to, by what became of its result. Rejected, and the reward would have been
 * ours; finalized although somebody challenged it, and the bond would have been lost, unless we had a proof. Where nobody
 * challenged it, the chain says nothing about who was right, so nothing is counted.
 *
 * | act | rejected | finalized, challenged | never challenged |
 * | --- | --- | --- | --- |
 * | challenge | reward − gas | −bond − gas; with a proof, reward − gas | untested |
 * | commit, demand, without a challenge of ours | −gas: somebody was faster | with a proof, reward − gas | |
 * | anything else | −gas | −gas | |
 */
export function outcomeOf(act: Unsettled, fate: Fate): Outcome {
  if (act.vanishedAt !== null) return { outcome: 'vanished', earned: 0n }
  const { settlement } = act
  if (settlement === null && !(act.kind === 'challenge' && fate.unchallenged)) return null
  // What would have failed would not have been sent.
  if (act.revert !== null) return { outcome: 'none', earned: 0n }
  const gas = BigInt(act.gas ?? 0) * BigInt(act.gasPrice)
  const reward = BigInt(act.reward)
  const won: Outcome = { outcome: 'won', earned: reward - gas }
  if (act.kind === 'challenge') {
    if (settlement === 'rejected') return won
    if (!fate.challenged) return { outcome: 'untested', earned: 0n }
    return fate.provable ? won : { outcome: 'lost', earned: -BigInt(act.value) - gas }
  }
  const convicts = (act.kind === 'commit' || act.kind === 'demand') && !fate.ownChallenge
  return convicts && settlement === 'finalized' && fate.provable ? won : { outcome: 'none', earned: -gas }
}
