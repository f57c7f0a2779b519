import type { Generated } from 'kysely'
import type { AttestedVerdict } from '../protocol/attestation.ts'

/**
 * A verdict that is to be attested, or is: at most one an observation and verdict. Complete in itself, since what was
 * published outlives what is pruned. Times are Unix milliseconds.
 */
export interface AttestationTable {
  id: Generated<number>
  observationKey: string
  verdict: AttestedVerdict
  resultId: string
  network: string
  chainId: number
  /** of the event: how deep it must be, and where its hash is compared */
  blockNumber: number
  blockHash: string
  /** JSON of the message, see `protocol/attestation-json.ts`: fixed before it is signed, so that a restart signs the same */
  message: string
  /** what is signed: the EIP-712 hash */
  digest: string
  /** whose attestation it is, lower case */
  signer: string
  /** `intended` until its event is deep enough, then `signed`; `abandoned` when a reorg took the event away */
  state: Generated<'intended' | 'signed' | 'abandoned'>
  /** null until signed */
  signature: string | null
  /** why it was abandoned, or why it could not be signed so far */
  reason: string | null
  judgedAt: number
  createdAt: number
  signedAt: number | null
  /** of the batch that it is anchored in; null while it is in none */
  root: string | null
}

/** A result that is to be attested once it is judged: a queue, out of which it goes when its attestation is intended. */
export interface AttestableTable {
  observationKey: string
  /** JSON of what an attestation says of it beside the verdict */
  subject: string
}

/** A batch of attestations whose root is on a chain, or is on its way there. Times are Unix milliseconds. */
export interface AnchoringTable {
  root: string
  /** how many attestations */
  count: number
  chainId: number
  /** the anchor contract, lower case */
  contract: string
  /** who anchors it, lower case */
  sender: string
  /** `intended` before anything is signed, `sent` once it was, `anchored` when the chain says so */
  state: 'intended' | 'sent' | 'anchored'
  /** recorded before it is broadcast; null before */
  transactionHash: string | null
  /** null until anchored, as the next */
  blockNumber: number | null
  /** Unix seconds, by the chain */
  anchoredAt: number | null
  createdAt: number
}
