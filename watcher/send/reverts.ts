import { type ContractErrorName, decodeErrorResult, type Hex, parseAbi } from 'viem'
import { checkerAbi } from '../../abis/Checker.ts'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { contractStatuses, demandStatuses, isSettled, nameOf } from '../../protocol/status.ts'
import type { Decision } from '../decide.ts'

/**
 * What a revert means for the action that met it.
 *
 * - `moot`: it has no effect any more, now or later
 * - `wait`: not yet; the very same may work in a later block
 * - `retry`: it may pass or not; try again, but not for ever
 * - `stop`: never; something of ours is wrong, and a person must look
 */
export interface RevertOutcome {
  readonly kind: 'moot' | 'wait' | 'retry' | 'stop'
  /** in words, for log and journal */
  readonly reason: string
}

/** What operators' contracts and the arithmetic under them say of operands that do not fit. */
const operatorAbi = parseAbi(['error NotShown(uint256 position)', 'error BadInput()', 'error OutOfDomain()'])

type ErrorName = ContractErrorName<typeof gainsayAbi | typeof convictionAbi | typeof checkerAbi | typeof operatorAbi>
type Rule = RevertOutcome | ((args: readonly unknown[], kind: Decision['kind']) => RevertOutcome)

const moot = (reason: string): RevertOutcome => ({ kind: 'moot', reason })
const wait = (reason: string): RevertOutcome => ({ kind: 'wait', reason })
const stop = (reason: string): RevertOutcome => ({ kind: 'stop', reason })
const notOurs = stop('the watcher never makes a call that this error belongs to')
const badProof = stop('the contract cannot read our proof, or it does not fit what the node revealed')

/** By name, one each: an error that a contract gains does not compile until it is decided here. */
const TABLE: Readonly<Record<ErrorName, Rule>> = {
  WrongStatus: ([, value], kind) => {
    const status = nameOf(contractStatuses, Number(value))
    if (kind === 'settleDemand' && !isSettled(status)) return wait(`the result is ${status}, not settled yet`)
    if (kind === 'challenge' && status === 'challenged') return moot('it is already challenged: somebody was faster')
    return moot(`the result is ${status} by now`)
  },
  WindowOver: ([end]) => moot(`the window was over at ${end}`),
  WindowOpen: ([end]) => wait(`the window is open until ${end}`),
  NothingToWithdraw: moot('nothing is owed to us any more'),
  AppealExists: moot('we have appealed already'),
  DemandExists: moot('the same part has been demanded already'),
  WrongDemandStatus: ([, value]) => moot(`the demand is ${nameOf(demandStatuses, Number(value))} by now`),
  NotCommitted: wait('the commitment must be in an earlier block first'),
  NotGuilty: stop('the contract finds no fraud in our proof'),
  NotSeated: ([seated]) => stop(`the conviction seat is held by ${seated}`),
  NotProvable: stop('the model has no rule that the contract can convict by'),
  NoArbiter: stop('the model has no arbiter'),
  NotDemandable: stop('that part of a trace cannot be demanded'),
  NotDemanded: stop('that is not what was demanded'),
  TooManyDemands: stop('more was demanded of this result than the contract allows'),
  TooManyChunks: stop('more is demanded than the contract allows'),
  // The fee of a demand rises with others' demands.
  WrongValue: ([, needed]) => wait(`the contract wants ${needed} wei`),
  NotAllowed: stop('our account may not do this'),
  WithdrawalRefused: stop('our own account refuses the money'),
  EmptyPayload: stop('an appeal needs evidence'),
  HashMismatch: stop('the evidence does not match its hash'),
  UriTooLong: stop('the URI of the evidence is too long'),
  BadProof: badProof,
  BadTensor: badProof,
  WrongTensor: badProof,
  WrongChunks: badProof,
  WrongGraph: badProof,
  WrongOperator: badProof,
  NotShown: badProof,
  BadInput: badProof,
  OutOfDomain: badProof,
  UnknownClaim: badProof,
  UnknownOperator: stop('the contract does not know the operator of our proof'),
  NoRule: stop('no rule stands behind the model'),
  BadCause: notOurs,
  BadDeadline: notOurs,
  BadModel: notOurs,
  BadReason: notOurs,
  BondTooSmall: notOurs,
  EmptyTrace: notOurs,
  ModelExists: notOurs,
  ParameterOutOfBounds: notOurs,
  TooLate: notOurs,
  UnknownModel: notOurs,
}

const ERRORS = [...gainsayAbi, ...convictionAbi, ...checkerAbi, ...operatorAbi].filter((item) => item.type === 'error')

/**
 * Decodes what a contract reverted with into what to do about it. What no contract of ours says is `retry`.
 *
 * @param data as `eth_call` gives it; undefined or empty when the call failed without a word, as out of gas
 */
export function decodeRevert(data: Hex | undefined, kind: Decision['kind']): RevertOutcome {
  if (!data || data === '0x') return { kind: 'retry', reason: 'it reverted without a reason' }
  let decoded: { errorName: string; args?: readonly unknown[] }
  try {
    decoded = decodeErrorResult({ abi: ERRORS, data }) as typeof decoded
  } catch {
    return { kind: 'retry', reason: `it reverted with ${data.slice(0, 10)}, which is no error of the protocol` }
  }
  const rule = TABLE[decoded.errorName as ErrorName] as Rule | undefined
  if (!rule) return { kind: 'retry', reason: `it reverted: ${decoded.errorName}` }
  try {
    const outcome = typeof rule === 'function' ? rule(decoded.args ?? [], kind) : rule
    return { kind: outcome.kind, reason: `${outcome.reason} (${decoded.errorName})` }
  } catch {
    // A status that this software has no name for.
    return {
      kind: 'stop',
      reason: `a newer contract says ${decoded.errorName}; install the version of Gainsay that fits`,
    }
  }
}
