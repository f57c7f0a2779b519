import { shareOf } from '../../protocol/share.ts'
import type { Decision } from '../decide.ts'
import type { Stakes } from './value.ts'

/**
 * Whether a step earns us nothing even when it succeeds: an appeal, or a claim of somebody else's demand, in a dispute that
 * somebody else began. The reward is theirs, but without the step a wrong result might stand: a node could shield itself from
 * the arbiter by a challenge of its own, or from demands by demands of a friend's.
 *
 * @param me our address, lower case
 */
export function isUnpaid({ kind, key, result }: Pick<Decision, 'kind' | 'key' | 'result'>, me: string): boolean {
  if (result?.challenge?.challenger.id === me) return false
  if (kind === 'appeal') return true
  if (kind !== 'claimWithheld') return false
  return !result?.demands.some(({ id, demander }) => demander.id === me && key === `claimWithheld:${id}`)
}

/**
 * The most wei of gas that such a step may cost: what is burnt of the node's bond when it succeeds. Reward, compensation and
 * challenge bond may all go to the node's own friends, so that is what it costs whoever makes us pay: at least as much as us.
 */
export function unpaidBound({ nodeBond, burnBps }: Pick<Stakes, 'nodeBond' | 'burnBps'>): bigint {
  return shareOf(nodeBond, burnBps)
}
