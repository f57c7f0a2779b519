import type { Generated } from 'kysely'

/**
 * How a canary ended. All but `caught` are failures:
 *
 * - `caught`: the watched account challenged it in time, and its claim of silence went through
 * - `late`: it challenged, but later than wanted
 * - `other`: somebody else was first
 * - `missed`: nobody challenged it in time
 * - `unclaimed`: challenged in time, but nobody claimed the silence, so the canary did
 * - `abandoned`: it never came to be posted
 */
export const canaryOutcomes = ['caught', 'late', 'other', 'missed', 'unclaimed', 'abandoned'] as const
export type CanaryOutcome = (typeof canaryOutcomes)[number]

/** What a canary can send. */
export type CanaryStep = 'bond' | 'request' | 'post' | 'claimSilence' | 'finalize' | 'expire' | 'unbond' | 'withdraw'

/** One canary: what was intended is fixed before anything is sent. Times in Unix milliseconds unless they say seconds. */
export interface CanaryTable {
  id: Generated<number>
  createdAt: number
  /** who must challenge it, lower case */
  watcher: string
  modelId: string
  /** `encodeTensors` bytes of the input and of the wrong output, hex */
  input: string
  output: string
  /** of the request, in seconds of chain time */
  deadline: number
  /** the account's requests before this one: with the rest it fixes the request's id */
  requesterNonce: number
  requestId: string
  resultId: string
  /** wei of the node bond at stake */
  bond: string
  /** wei that it costs this account at most: what of the bond does not come back, and gas */
  worst: string
  /** wei: no transaction of it offers more for a unit of gas */
  gasPrice: string
  postedAt: number | null
  /** last second of chain time in which it could be challenged */
  windowEnd: number | null
  challenger: string | null
  /** when its challenge was first seen */
  caughtAt: number | null
  /** preliminary until `settledAt` */
  outcome: CanaryOutcome | null
  reason: string | null
  /** wei that it cost this account, once settled */
  cost: string | null
  settledAt: number | null
  /** when it was said how it ended; until then no other is begun */
  reportedAt: number | null
}

/** A transaction of a canary, recorded before it is broadcast. */
export interface CanarySendTable {
  hash: string
  canaryId: number
  step: CanaryStep
  nonce: number
  /** signed bytes */
  raw: string
  /** wei offered for a unit of gas */
  fee: string
  state: 'signed' | 'mined' | 'reverted' | 'dropped'
  gasPaid: string | null
  at: number
}
