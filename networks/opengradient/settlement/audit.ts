import type { Hex } from 'viem'
import type { Finding } from './finding.ts'

/** What the registry says of a TEE. */
export type Registration =
  /** Read: `at` says whether it is the state of the settlement's block, or of the latest one because the node has no other. */
  | {
      readonly kind: 'registered'
      readonly at: 'block' | 'latest'
      readonly publicKey: Hex
      readonly enabled: boolean
      /** Unix second */
      readonly registeredAt: bigint
    }
  | { readonly kind: 'unregistered'; readonly at: 'block' | 'latest' }
  /** It could not be asked; worth a retry. */
  | { readonly kind: 'unread'; readonly reason: string }

/** Asks the registry about these TEEs. Never throws; answers about each. */
export type Registry = (teeIds: readonly Hex[]) => Promise<ReadonlyMap<Hex, Registration>>

/** What an audit had to work with, whatever came of it. */
export interface Audited {
  /** leaves whose signatures were looked at */
  readonly leaves: number
  /** which state of the registry was read: that of the settlement's block, or the latest; null where none was */
  readonly registryAt: 'block' | 'latest' | null
  /** of a call settled by itself: whether the published answer has the output's hash; null where that cannot be told */
  readonly outputConfirmed: boolean | null
}

/** What an audit showed. */
export type Audit = Audited &
  (
    | { readonly kind: 'audited' }
    /** At least one finding: each is proof by itself, whatever else could not be looked at. */
    | { readonly kind: 'mismatch'; readonly findings: readonly Finding[] }
    | {
        readonly kind: 'undetermined'
        readonly reason: string
        /** whether trying again later may help */
        readonly retry: boolean
      }
  )

/** The end of an audit: findings before doubts, doubts before content. */
export function concluded(
  findings: readonly Finding[],
  doubt: { reason: string; retry: boolean } | undefined,
  about: Audited,
): Audit {
  if (findings.length > 0) return { ...about, kind: 'mismatch', findings }
  return doubt ? { ...about, kind: 'undetermined', ...doubt } : { ...about, kind: 'audited' }
}

/** An audit that could not begin. */
export function undetermined(reason: string, retry: boolean): Audit {
  return { kind: 'undetermined', reason, retry, leaves: 0, registryAt: null, outputConfirmed: null }
}
