import type { Chain } from '../../chain/connect.ts'
import type { Decision } from '../decide.ts'

/** What an action's worth depends on, beside the decision; in wei, as the chain says right before it is sent. */
export interface WorthParameters {
  readonly parameters: Pick<Chain['parameters'], 'nodeBond' | 'rewardBps' | 'challengeBond'>
  /** our address, lower case */
  readonly me: string
  /** credit that a withdrawal brings; needed for those only */
  readonly credit?: bigint
  /** fee of the demand that is settled; needed for those only */
  readonly demandFee?: bigint
}

/**
 * What a decision can win, in wei: the most that its gas may cost. Winning a dispute brings the reward, and the bond of
 * one's own challenge back; claiming and withdrawing bring what they bring. An appeal against somebody else's challenge
 * wins nothing: the reward goes to the challenger.
 */
export function worthOf({ kind, result }: Pick<Decision, 'kind' | 'result'>, known: WorthParameters): bigint {
  const reward = rewardOf(known.parameters)
  const isMine = result?.challenge?.challenger.id === known.me
  const bond = isMine ? known.parameters.challengeBond : 0n
  switch (kind) {
    case 'challenge':
      return reward
    case 'claimSilence':
    case 'commit':
    case 'convict':
    case 'demand':
    case 'claimWithheld':
      return reward + bond
    case 'appeal':
      return isMine ? reward + bond : 0n
    case 'withdraw':
      return known.credit ?? 0n
    case 'settleDemand':
      return known.demandFee ?? 0n
  }
}

/** Wei that whoever proves a result wrong gets: a share of the node's bond. */
export function rewardOf({ nodeBond, rewardBps }: Pick<Chain['parameters'], 'nodeBond' | 'rewardBps'>): bigint {
  return (nodeBond * BigInt(rewardBps)) / 10_000n
}
