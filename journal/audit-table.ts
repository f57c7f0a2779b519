import type { Generated } from 'kysely'
import type { Audit } from '../networks/opengradient/settlement/audit.ts'

/** A batch of settled calls as the watcher learned of it, and what its audit showed. Times are Unix milliseconds. */
export interface AuditTable {
  /** `chainId:blockHash:transactionHash:logIndex`, as of an observation: a reorg makes another */
  key: string
  /** id of the batch in the history */
  batchId: string
  blockNumber: number
  seenAt: number
  /** when the index stopped showing it (a reorg); null while it shows */
  vanishedAt: number | null
  /** null while it has not been audited, as all below but `retryAt` */
  kind: Audit['kind'] | null
  /** why it is undetermined, in words */
  reason: string | null
  /** how many leaves were looked at */
  leaves: number | null
  /** JSON: how many findings there are of each kind; null unless it is a mismatch */
  counts: string | null
  /** JSON array of `Finding`: the first of them */
  findings: string | null
  registryAt: 'block' | 'latest' | null
  /** 1 when the published answer of a single call has the hash that was signed; null where that cannot be told */
  outputConfirmed: number | null
  /** sha256 of the evidence, 0x and lower-case hex: the name of its file in the archive; null while there is none */
  evidenceHash: string | null
  evidenceBytes: number | null
  /** how long it took */
  ms: number | null
  auditedAt: number | null
  /** how often it was audited */
  tries: Generated<number>
  /** when it is to be audited, for the first time or again; null when nothing is planned */
  retryAt: number | null
}
