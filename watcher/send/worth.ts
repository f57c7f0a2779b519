import type { Chain } from '../../chain/connect.ts'
import type { Decision } from '../decide.ts'
import { isUnpaid, unpaidBound } from '../policy/unpaid.ts'
import { rewardOf } from '../policy/value.ts'

/** What an action's worth depends on, beside the decision; in wei, as the chain says right before it is sent. */
export interface WorthParameters {
  readonly parameters: Pick<Chain['parameters'], 'nodeBond' | 'rewardBps' | 'burnBps' | 'challengeBond'>
  /** our address, lower case */
  readonly me: string
  /** credit that a withdrawal brings; needed for those only */
  readonly credit?: bigint
  /** fee of the demand that is settled; needed for those only */
  readonly demandFee?: bigint
}

/**
 * What a decision can win, in wei: the most that its gas may cost. Winning a dispute brings the reward, and the bond of
 * one's own challenge back; claiming and withdrawing bring what they bring. What earns us nothing is worth what it takes from
 * whoever makes us pay for it: see {@link isUnpaid}.
 */
export function worthOf(decision: Pick<Decision, 'kind' | 'key' | 'result'>, known: WorthParameters): bigint {
  const { kind, result } = decision
  if (isUnpaid(decision, known.me)) return unpaidBound(known.parameters)
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
    case 'appeal':
      return reward + bond
    case 'withdraw':
      return known.credit ?? 0n
    case 'settleDemand':
      return known.demandFee ?? 0n
  }
}
