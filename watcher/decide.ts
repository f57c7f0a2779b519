import type { VerdictRow } from '../journal/queries.ts'
import type { IndexedResult } from './index-client.ts'

/** Something the watcher wants done on chain. `key` names it: the same intent has the same key. */
export interface Decision {
  key: string
  kind: 'challenge' | 'claimSilence' | 'withdraw'
  observationKey: string | null
  result: IndexedResult | null
  /** last second of chain time at which it helps; null when there is no hurry */
  deadline: bigint | null
  reason: string
}

/** What is known about one result at one moment. */
export interface Situation {
  key: string
  result: IndexedResult
  /** our verdict; undefined while there is none */
  verdict: VerdictRow['kind'] | undefined
  /** our address, lower case */
  me: string
  /** chain time, seconds */
  now: bigint
}

const NOBODY = '0x0000000000000000000000000000000000000000'

/**
 * What to do about one result. A challenge needs an `invalid` verdict, an open window, and somebody who can rule on it
 * afterwards: without an arbiter a node that reveals can never lose, and the challenger's bond would be its prize.
 */
export function decideResult({ key, result, verdict, me, now }: Situation): Decision | null {
  const about = { observationKey: key, result }
  if (
    result.status === 'posted' &&
    verdict === 'invalid' &&
    now < result.windowEnd &&
    result.model.arbiter.id !== NOBODY
  )
    return {
      ...about,
      key: `challenge:${key}`,
      kind: 'challenge',
      deadline: result.windowEnd,
      reason: 'the replay says it is invalid, and the window is open',
    }
  if (result.status === 'challenged' && result.challenge?.challenger.id === me && now > result.windowEnd)
    return {
      ...about,
      key: `claimSilence:${key}`,
      kind: 'claimSilence',
      deadline: null,
      reason: 'the node did not reveal in time',
    }
  return null
}

/** How many challenge bonds of credit are worth a withdrawal even while disputes are open. */
const WITHDRAW_AT_BONDS = 10n

/**
 * Whether to withdraw now: once no dispute of ours is open, so that one transaction fetches all, or when much has
 * gathered, so that a watcher who is always in some dispute gets its money too. Amounts in wei.
 */
export function decideWithdrawal(known: { credit: bigint; challengeBond: bigint; disputes: number }): Decision | null {
  const { credit, challengeBond, disputes } = known
  if (credit === 0n) return null
  if (disputes > 0 && credit < WITHDRAW_AT_BONDS * challengeBond) return null
  return {
    key: `withdraw:${credit}`,
    kind: 'withdraw',
    observationKey: null,
    result: null,
    deadline: null,
    reason: `${credit} wei are owed to us`,
  }
}
