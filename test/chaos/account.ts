import type { Status } from '../../protocol/status.ts'

/** What is known of one result that is on the chain in the end. */
export interface Known {
  readonly resultId: string
  /** whether it ought to be challenged, by whoever made it */
  readonly isBad: boolean
  readonly status: Status
  /** who challenged it, lower case; null when nobody did */
  readonly challenger: string | null
}

/** Everything that a run is judged by. Read from the chain and the makers of results; the watcher is asked only for what it did. Wei. */
export interface Facts {
  /** lower case */
  readonly watcher: string
  readonly results: readonly Known[]
  /** results that the watcher ever meant to challenge, on whatever branch of the chain */
  readonly intended: readonly string[]
  readonly balance: { readonly before: bigint; readonly after: bigint }
  /** what the watcher paid for gas in all of its transactions that are on the chain */
  readonly gasPaid: bigint
  /** what rewards the contract credited it with */
  readonly rewards: bigint
  /** what the contract owes it in the end */
  readonly owed: bigint
  /** what `gainsay journal check` finds between ledger and chain; null when there is no ledger */
  readonly ledgerDifferences: number | null
}

/** How a run went. Counts of results; wei as decimal text. */
export interface Account {
  readonly results: number
  readonly bad: number
  readonly rejected: number
  /** results that are not bad and that the watcher challenged, or ever meant to */
  readonly falseChallenges: readonly string[]
  /** bad results that were not rejected on the watcher's challenge */
  readonly missed: readonly string[]
  readonly unsettled: readonly string[]
  /** what the watcher should have in the end and has not: bonds, fees or rewards gone, or not withdrawn */
  readonly lostWei: string
  readonly rewardsWei: string
  readonly gasWei: string
  readonly ledgerEqual: boolean
}

/** Adds up a run. Pure. */
export function accountOf(facts: Facts): Account {
  const { results, watcher, balance } = facts
  const bad = results.filter(({ isBad }) => isBad)
  const good = new Set(results.filter(({ isBad }) => !isBad).map(({ resultId }) => resultId))
  const wronged = results.filter(({ isBad, challenger }) => !isBad && challenger === watcher)
  const meant = facts.intended.filter((resultId) => good.has(resultId))
  const due = balance.before + facts.rewards - facts.gasPaid
  return {
    ...{ results: results.length, bad: bad.length },
    rejected: results.filter(({ status }) => status === 'rejected').length,
    falseChallenges: [...new Set([...wronged.map(({ resultId }) => resultId), ...meant])],
    missed: bad
      .filter(({ status, challenger }) => status !== 'rejected' || challenger !== watcher)
      .map(({ resultId }) => resultId),
    unsettled: results
      .filter(({ status }) => status !== 'rejected' && status !== 'finalized')
      .map(({ resultId }) => resultId),
    lostWei: String(due - balance.after),
    ...{ rewardsWei: String(facts.rewards), gasWei: String(facts.gasPaid) },
    ledgerEqual: facts.ledgerDifferences === 0 && facts.owed === 0n,
  }
}

/** What of an account is not as it must be, in words; empty when all is well. Pure. */
export function faultsOf(account: Account): string[] {
  const { falseChallenges, missed, unsettled, lostWei, ledgerEqual, bad, rejected } = account
  const faults: string[] = []
  if (falseChallenges.length > 0) faults.push(`false challenges: ${falseChallenges.join(', ')}`)
  if (missed.length > 0) faults.push(`missed: ${missed.join(', ')}`)
  if (unsettled.length > 0) faults.push(`not settled: ${unsettled.join(', ')}`)
  if (lostWei !== '0') faults.push(`${lostWei} wei are lost`)
  if (!ledgerEqual) faults.push('the ledger is not equal to the chain, or money is not withdrawn')
  if (bad === 0 || rejected === 0) faults.push('nothing bad was rejected: the run shows nothing')
  return faults
}
