import type { Action, Provability, VerdictRow } from '../journal/queries.ts'
import { abilities } from '../networks/abilities.ts'
import type { IndexedResult } from './index-client.ts'

/** Something the watcher wants done on chain. `key` names it: the same intent has the same key. */
export interface Decision {
  key: string
  kind: Action['kind']
  observationKey: string | null
  result: IndexedResult | null
  /** what to call the conviction contract with; only in the steps of a dispute */
  dispute?: { data: `0x${string}`; value: bigint }
  /** last second of chain time at which it helps; null when there is no hurry */
  deadline: bigint | null
  reason: string
}

/** What is known about one result at one moment. */
export interface Situation {
  key: string
  result: IndexedResult
  /** our verdict; undefined while there is none */
  verdict: Pick<VerdictRow, 'kind' | 'distance' | 'tolerance'> | undefined
  /** what the contract can check of its model's file; undefined while nobody has looked */
  provability: Pick<Provability, 'provable' | 'graphRoot'> | undefined
  /** arbiters that we trust to rule, lower case */
  arbiters: ReadonlySet<string>
  /** whether a proof alone, without an arbiter of ours, is enough to challenge on */
  withoutArbiter: boolean
  /** our address, lower case */
  me: string
  /** chain time, seconds */
  now: bigint
}

/**
 * How many tolerances away a result must be for the bounds of single operators to leave it no room: a cheat can hide
 * inside bounds, and up to about a hundred tolerances honest machines were seen apart in some operator.
 */
const BEYOND_BOUNDS = 100

/** What to do about one result before its trace is revealed; {@link decideDispute} goes on from there. */
export function decideResult(situation: Situation): Decision | null {
  const { key, result, verdict, me, now } = situation
  if (!abilities[result.network].challenges) return null
  const about = { observationKey: key, result }
  if (result.status === 'posted' && verdict?.kind === 'invalid' && now < result.windowEnd && canWin(situation))
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
/** For how many challenge bonds the account should have money: for one, and the gas that a bond is worth many times over. */
const READY_BONDS = 2n

/**
 * Whether to withdraw now: once no dispute of ours is open, so that one transaction fetches all; when much has gathered, so
 * that a watcher who is always in some dispute gets its money too; and when the account has too little for the next bond,
 * or what is owed to us would keep us from challenging. So at most ten bonds ever wait, and never while they are needed.
 *
 * @param known wei, and how many disputes are open
 */
export function decideWithdrawal(known: {
  credit: bigint
  /** what the account has */
  balance: bigint
  challengeBond: bigint
  disputes: number
}): Decision | null {
  const { credit, balance, challengeBond, disputes } = known
  if (credit === 0n) return null
  const isPoor = balance < READY_BONDS * challengeBond
  if (disputes > 0 && credit < WITHDRAW_AT_BONDS * challengeBond && !isPoor) return null
  return {
    key: `withdraw:${credit}`,
    kind: 'withdraw',
    observationKey: null,
    result: null,
    deadline: null,
    reason: `${credit} wei are owed to us`,
  }
}

/**
 * Whether the contract can check anything of a model's results: by a rule of bounds, and against the graph of the very file
 * that everybody runs. Whoever registers another graph makes a model by which nobody can be convicted.
 */
export function isCheckable(
  { rule, graphRoot }: IndexedResult['model'],
  provability: Situation['provability'],
): provability is NonNullable<Situation['provability']> {
  return (rule === 'worstCase' || rule === 'probabilistic') && provability?.graphRoot === graphRoot
}

/**
 * Whether the registered rule can win a challenge. With an arbiter that we trust it can: what no element proves, the
 * arbiter rules on. Any other may be the registrant's own, who stays silent and lives on lost challenges.
 *
 * Without one nobody is sure to win: a node that publishes nothing and answers each demand on chain makes the data for a proof
 * cost more than there is to win. Who ventures it all the same (`withoutArbiter`) does so only where every operator is one that
 * the contract checks and the result is so far off that it cannot hide inside their bounds. Anything else stays recorded as
 * invalid, for a node that reveals could never lose and the challenger's bond would be its prize.
 */
export function canWin({
  result: { model },
  verdict,
  provability,
  arbiters,
  withoutArbiter,
}: Pick<Situation, 'result' | 'verdict' | 'provability' | 'arbiters' | 'withoutArbiter'>): boolean {
  if (arbiters.has(model.arbiter.id)) return true
  if (!withoutArbiter || !verdict || !isCheckable(model, provability) || provability.provable !== 1) return false
  // No distance: the result is not even made of comparable numbers.
  const { distance, tolerance } = verdict
  return distance === null || tolerance === null || distance > BEYOND_BOUNDS * tolerance
}
