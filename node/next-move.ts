import type { Status } from '../protocol/status.ts'

/** What a node sees of one of its requests. Times are seconds of chain time. */
export interface RequestView {
  readonly status: Status
  /** last second in which it can be posted */
  readonly deadline: bigint
  /** last second of the present window; zero before it is posted */
  readonly windowEnd: bigint
}

/**
 * What a node does about a request:
 *
 * - `wait`: nothing yet, or it is not on this branch of the chain
 * - `over`: nothing any more, unless a reorg takes it back
 */
export type NextMove = 'post' | 'reveal' | 'finalize' | 'wait' | 'over'

/**
 * The whole behaviour of a node, as a function of the chain: whatever it did or forgot, the next move is the same.
 *
 * @param now timestamp of the latest block; what is sent lands in a later one, so the last second is not enough
 */
export function nextMove({ status, deadline, windowEnd }: RequestView, now: bigint): NextMove {
  switch (status) {
    case 'none':
      return 'wait'
    case 'requested':
      return now < deadline ? 'post' : 'over'
    case 'challenged':
      return now < windowEnd ? 'reveal' : 'wait'
    case 'posted':
    case 'revealed':
      return now > windowEnd ? 'finalize' : 'wait'
    case 'rejected':
    case 'finalized':
    case 'expired':
      return 'over'
    default:
      return assertUnreachable(status)
  }
}

function assertUnreachable(status: never): never {
  throw new RangeError(`unknown status ${status}`)
}
