import { CanaryRefusedError, UnfitModelError } from '../canary/errors.ts'
import { ChainError } from '../chain/connect.ts'
import { DisagreementError } from '../chain/rpc/agreed.ts'
import { EndpointsError } from '../chain/rpc/endpoints.ts'
import { ConfigError } from '../config/config.ts'
import { LockedError } from '../journal/lock.ts'
import { JournalError } from '../journal/open.ts'
import { IndexError } from '../watcher/index-client.ts'

/**
 * What a process of ours ends with. From 64 on they are those of BSD's sysexits.h, so that a supervisor can tell what to
 * retry (69, 75) from what a person must mend (64, 66, 74, 78).
 */
export const exitCodes = {
  ok: 0,
  /** `demo`: something was missed, falsely challenged or not settled; `replay`: the result is invalid; `doctor`: a check failed */
  bad: 2,
  /** `replay`: the result is undetermined */
  undetermined: 3,
  usage: 64,
  /** there is no such result */
  noInput: 66,
  /** chain or index cannot be reached */
  unavailable: 69,
  /** a bug of ours; not 1, which `judge` uses for fraud */
  bug: 70,
  /** the journal cannot be used */
  io: 74,
  /** another process holds the lock */
  locked: 75,
  /** configuration, key, chain or contract is not what it must be */
  config: 78,
} as const

/** Something the user can mend, with the exit code that says what kind of thing. */
export class UserError extends Error {
  override name = 'UserError'
  readonly exitCode: number
  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** The exit code for an error that reached the top, and whether it is one a user can mend (then no stack is shown). */
export function classify(error: unknown): { exitCode: number; forUser: boolean } {
  if (error instanceof UserError) return { exitCode: error.exitCode, forUser: true }
  if (error instanceof ConfigError) return { exitCode: exitCodes.config, forUser: true }
  if (error instanceof CanaryRefusedError || error instanceof UnfitModelError)
    return { exitCode: exitCodes.config, forUser: true }
  if (error instanceof LockedError) return { exitCode: exitCodes.locked, forUser: true }
  if (error instanceof JournalError) return { exitCode: exitCodes.io, forUser: true }
  if (error instanceof IndexError) return { exitCode: exitCodes.unavailable, forUser: true }
  if (error instanceof EndpointsError || error instanceof DisagreementError)
    return { exitCode: exitCodes.unavailable, forUser: true }
  if (error instanceof ChainError)
    return { exitCode: error.kind === 'unreachable' ? exitCodes.unavailable : exitCodes.config, forUser: true }
  return { exitCode: exitCodes.bug, forUser: false }
}
