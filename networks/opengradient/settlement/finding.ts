import type { Hex } from 'viem'

/**
 * What can be wrong with a batch of settled calls, or with one settled by itself:
 * - `root`: the published leaves do not have the root on chain, and nothing says which of them was changed
 * - `leaf`: this one is not what the root commits to, though the published tree is
 * - `batchSize`: the chain says another number of leaves
 * - `payload`: the evidence of a call says something else than the chain does
 * - `duplicate`: the same leaf, signature included, is settled twice
 * - `signature`: not that of the TEE's key over these hashes and this time
 * - `otherKey`: signed with the key of another TEE, or the registry has another key than the id is the hash of
 * - `unusableKey`: what the registry has is no RSA key that anything could be checked with
 * - `unregistered`: the registry does not know the TEE at the settlement's block
 * - `registeredLater`: the TEE was registered after the time that the leaf is signed for
 * - `disabled`: the TEE was disabled at the settlement's block
 * - `future`, `stale`: signed for a time long after, or long before, the settlement's block
 */
export const findingKinds = [
  'root',
  'leaf',
  'batchSize',
  'payload',
  'duplicate',
  'signature',
  'otherKey',
  'unusableKey',
  'unregistered',
  'registeredLater',
  'disabled',
  'future',
  'stale',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** One thing that is wrong, with what shows it. */
export interface Finding {
  readonly kind: FindingKind
  /** which leaf, counted from 0 in the order of the evidence; null where it is about the whole */
  readonly leaf: number | null
  readonly teeId: Hex | null
  /** in words, with the values that differ */
  readonly detail: string
}
