import type { Canary } from '../journal/canary.ts'
import type { CanaryOutcome, CanaryStep } from '../journal/canary-tables.ts'
import type { ContractStatus } from '../protocol/status.ts'

/** What the chain says about a canary at one block. Amounts in wei, times in seconds of chain time. */
export interface CanaryFacts {
  status: ContractStatus
  time: bigint
  /** last second of the present window; zero before it is posted */
  windowEnd: bigint
  /** lower case; null while nobody has challenged */
  challenger: string | null
  freeBond: bigint
  credit: bigint
  /** requests that the account has made */
  requesterNonce: bigint
}

/** What is fixed for a canary beside its row. Seconds. */
export interface CanaryTerms {
  revealWindow: bigint
  slack: bigint
}

/** What to do next: send something, wait, give up before it was posted, or nothing more. */
export type NextStep =
  | { kind: 'send'; step: CanaryStep }
  | { kind: 'wait' }
  | { kind: 'abandon'; reason: string }
  | { kind: 'over' }

const send = (step: CanaryStep): NextStep => ({ kind: 'send', step })

/**
 * The whole behaviour of a canary, as a function of the chain: whatever it did or forgot, the next step is the same. It never
 * reveals, so that the watcher's claim of silence goes through; where nobody claims within the slack, it claims itself.
 */
export function nextStep(
  { deadline, requesterNonce, bond }: Pick<Canary, 'deadline' | 'requesterNonce' | 'bond'>,
  facts: CanaryFacts,
  { slack }: Pick<CanaryTerms, 'slack'>,
): NextStep {
  const { status, time, windowEnd, freeBond } = facts
  const isBonded = freeBond >= BigInt(bond)
  switch (status) {
    case 'none':
      if (facts.requesterNonce > BigInt(requesterNonce))
        return (
          retrieve(facts) ?? {
            kind: 'abandon',
            reason: 'another request of this account was made instead: somebody else uses its key',
          }
        )
      if (time >= BigInt(deadline))
        return retrieve(facts) ?? { kind: 'abandon', reason: 'the request could not be made in time' }
      return send(isBonded ? 'request' : 'bond')
    case 'requested':
      if (time > BigInt(deadline)) return send('expire')
      if (time >= BigInt(deadline)) return { kind: 'wait' }
      return send(isBonded ? 'post' : 'bond')
    case 'posted':
    case 'revealed':
      return time > windowEnd ? send('finalize') : { kind: 'wait' }
    case 'challenged':
      return time > windowEnd + slack ? send('claimSilence') : { kind: 'wait' }
    case 'rejected':
    case 'finalized':
    case 'expired':
      return retrieve(facts) ?? { kind: 'over' }
    default:
      return assertUnreachable(status)
  }
}

/** What takes the money back that is left in the contract; null when none is. */
function retrieve({ freeBond, credit }: CanaryFacts): NextStep | null {
  if (freeBond > 0n) return send('unbond')
  return credit > 0n ? send('withdraw') : null
}

/**
 * How a canary does, as far as it can be said: null while nothing is decided yet.
 *
 * @param own whether the claim of silence was the canary's own
 */
export function outcomeOf(
  { watcher, windowEnd }: Pick<Canary, 'watcher' | 'windowEnd'>,
  facts: CanaryFacts,
  { revealWindow, slack }: CanaryTerms,
  own: boolean,
): CanaryOutcome | null {
  const { status, challenger, time } = facts
  if (status === 'none' || status === 'requested') return null
  if (status === 'expired') return 'abandoned'
  const latest = windowEnd === null ? null : BigInt(windowEnd) - slack
  if (challenger === null) {
    if (status === 'finalized') return 'missed'
    return latest !== null && time > latest ? 'missed' : null
  }
  if (challenger !== watcher) return 'other'
  // Its window began with the challenge. It stays silent, so there is no later one.
  const challengedAt = facts.windowEnd - revealWindow
  if (latest !== null && challengedAt > latest) return 'late'
  return own ? 'unclaimed' : 'caught'
}

function assertUnreachable(status: never): never {
  throw new RangeError(`unknown status ${status}`)
}
