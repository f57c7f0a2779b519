import type { ContractStatus, DemandStatus } from '../protocol/status.ts'

/** What a node sees of a demand for a part of one of its traces. */
export interface DemandView {
  readonly status: DemandStatus
  /** last second of chain time in which it can be supplied */
  readonly until: bigint
}

/** What a node sees of one of its requests. Times are seconds of chain time. */
export interface RequestView {
  readonly status: ContractStatus
  /** last second in which it can be posted */
  readonly deadline: bigint
  /** last second of the present window; zero before it is posted */
  readonly windowEnd: bigint
  /** those for parts of its trace */
  readonly demands: readonly DemandView[]
}

/**
 * What a node does about a request:
 *
 * - `supply`: all that is demanded of its trace, or its bond is lost
 * - `settle`: have the fees of the demands that it supplied credited
 * - `wait`: nothing yet, or it is not on this branch of the chain
 * - `over`: nothing any more, unless a reorg takes it back
 */
export type NextMove = 'supply' | 'reveal' | 'post' | 'finalize' | 'settle' | 'wait' | 'over'

/**
 * The whole behaviour of a node, as a function of the chain: whatever it did or forgot, the next move is the same.
 *
 * @param now timestamp of the latest block; what is sent lands in a later one, so the last second is not enough
 */
export function nextMove({ status, deadline, windowEnd, demands }: RequestView, now: bigint): NextMove {
  switch (status) {
    case 'none':
      return 'wait'
    case 'requested':
      return now < deadline ? 'post' : 'over'
    case 'challenged':
      return now < windowEnd ? 'reveal' : 'wait'
    case 'revealed':
      if (dueDemands('supply', demands, now).length > 0) return 'supply'
      return now > windowEnd ? 'finalize' : 'wait'
    case 'posted':
      return now > windowEnd ? 'finalize' : 'wait'
    case 'finalized':
      return dueDemands('settle', demands, now).length > 0 ? 'settle' : 'over'
    case 'rejected':
    case 'expired':
      return 'over'
    default:
      return assertUnreachable(status)
  }
}

/** The demands that a move is about, most urgent first. */
export function dueDemands<D extends DemandView>(move: 'supply' | 'settle', demands: readonly D[], now: bigint): D[] {
  const due = demands.filter(({ status, until }) =>
    move === 'supply' ? status === 'open' && now < until : status === 'supplied',
  )
  return due.sort((a, b) => Number(a.until - b.until))
}

function assertUnreachable(status: never): never {
  throw new RangeError(`unknown status ${status}`)
}
