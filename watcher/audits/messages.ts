import type { Hex } from 'viem'
import type { Audit, Registration } from '../../networks/opengradient/settlement/audit.ts'
import type { SettledBatch } from '../../networks/opengradient/settlement/audit-batch.ts'
import type { SettledCall } from '../../networks/opengradient/settlement/audit-call.ts'

/** Where a settlement's evidence is: in a file, or nowhere for this reason. */
export type EvidenceFile = { readonly path: string } | { readonly missing: string; readonly retry: boolean }

/** What the auditor's process is to do: a batch has evidence, or there is nothing to audit. */
export type AuditJob = { readonly blobId: string } & (
  | { readonly kind: 'batch'; readonly batch: SettledBatch; readonly evidence: { readonly path: string } }
  | { readonly kind: 'single'; readonly call: SettledCall; readonly evidence: EvidenceFile }
)

/** What it is told: a job, or what the registry says. */
export type ToAuditor = { readonly job: AuditJob } | { readonly registrations: ReadonlyMap<Hex, Registration> }

/** What it says: what it wants to know of the registry, or what the audit showed. */
export type FromAuditor =
  | { readonly teeIds: readonly Hex[] }
  | {
      readonly audit: Audit
      /** whether the blob id names the evidence; null where that did not matter */
      readonly named: boolean | null
      readonly ms: number
    }
