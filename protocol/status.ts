/** Where a request and its result stand on Gainsay's contract, in the order of `IGainsay.Status` (index = on-chain value). */
export const contractStatuses = [
  'none',
  'requested',
  'posted',
  'challenged',
  'revealed',
  'rejected',
  'finalized',
  'expired',
] as const
export type ContractStatus = (typeof contractStatuses)[number]

/** The same, and `recorded`: request and result of a network without challenges, where nothing on chain ever settles them. */
export const statuses = [...contractStatuses, 'recorded'] as const
export type Status = (typeof statuses)[number]

/** Every legal move, from status to status: the design's diagram as a table. */
export const moves = {
  none: ['requested', 'recorded'],
  requested: ['posted', 'expired'],
  posted: ['challenged', 'finalized'],
  challenged: ['revealed', 'rejected'],
  revealed: ['rejected', 'finalized'],
  rejected: [],
  finalized: [],
  expired: [],
  recorded: [],
} as const satisfies Record<Status, readonly Status[]>

/** Whether a thing in this status can change no more. */
export function isSettled(status: Status): boolean {
  return moves[status].length === 0
}

/** How a replay is compared with the posted output, in the order of `IGainsay.Precision`. */
export const precisions = ['exact', 'fp32'] as const
export type Precision = (typeof precisions)[number]

/**
 * How an inference is to be verified, where a network has several ways: by whoever replays it, by a zero-knowledge proof, or
 * by the word of a trusted execution environment. `unknown` is whatever such a network adds later.
 */
export const modes = ['vanilla', 'zkml', 'tee', 'unknown'] as const
export type Mode = (typeof modes)[number]

/** Why a result was rejected, in the order of `IGainsay.Cause`. */
export const causes = ['silence', 'ruling', 'conviction', 'withheld'] as const
export type Cause = (typeof causes)[number]

/** Why an account was credited, in the order of `IGainsay.Reason`. */
export const reasons = [
  'fee',
  'refund',
  'reward',
  'compensation',
  'challengeBondReturned',
  'challengeBondForfeited',
  'unbonded',
  'demandPaid',
  'demandReturned',
] as const
export type Reason = (typeof reasons)[number]

/** Where a demand stands, in the order of `IConviction.DemandStatus`. */
export const demandStatuses = ['none', 'open', 'supplied', 'paid', 'returned'] as const
export type DemandStatus = (typeof demandStatuses)[number]

/** The name of an on-chain enum value. @throws RangeError when the contract is newer than this table */
export function nameOf<const Names extends readonly string[]>(names: Names, value: number): Names[number] {
  const name = names[value]
  if (name === undefined) throw new RangeError(`value ${value} is not one of ${names.join(', ')}`)
  return name
}
