import type { Logger } from 'pino'
import type { Hex, PublicClient } from 'viem'
import { type AuditRow, updateAudit } from '../../journal/audits.ts'
import type { Journal } from '../../journal/open.ts'
import { undetermined } from '../../networks/opengradient/settlement/audit.ts'
import type { Finding } from '../../networks/opengradient/settlement/finding.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import type { Artifacts } from '../../replay/artifacts/artifacts.ts'
import type { Store } from '../../replay/artifacts/store.ts'
import type { IndexedBatch } from './ask-batches.ts'
import type { AuditOutcome, Auditor } from './auditor.ts'
import type { AuditJob, EvidenceFile } from './messages.ts'
import { registryAt } from './registry.ts'

/** Findings that are kept in full: of the others their number. */
const MOST_FINDINGS = 100
/** Tries until what could not be told is left so: several days, by when a blob that was late has come or has expired. */
const MOST_TRIES = 24
/** Longest wait between two tries, in ms. */
const LONGEST_MS = 6 * 3_600_000

/** What an audit works with. */
export interface AuditContext {
  readonly journal: Journal
  readonly artifacts: Pick<Artifacts, 'fetchUnhashed'>
  readonly archive: Store
  readonly auditor: Auditor
  readonly client: PublicClient
  readonly log: Logger
  readonly clock: () => number
  readonly retryMs: number
}

/** Audits one batch, and records what it showed: evidence first, since that is what may be gone the next time. */
export async function auditOne(
  it: AuditContext,
  teeRegistry: Hex,
  row: AuditRow,
  batch: IndexedBatch,
  signal: AbortSignal,
): Promise<void> {
  const { journal, auditor, client, clock, log } = it
  const evidence = await evidenceOf(it, row, batch)
  if (signal.aborted) return
  const job = jobOf(batch, evidence)
  const outcome: AuditOutcome =
    'kind' in job
      ? await auditor.audit(job, registryAt(client, teeRegistry, batch.blockNumber))
      : { audit: undetermined(job.missing, job.retry), named: null, ms: 0 }
  // Stopped in the midst of it: nothing was found out.
  if (signal.aborted) return
  const { audit, named, ms } = outcome
  const tries = row.tries + 1
  const findings = audit.kind === 'mismatch' ? audit.findings : []
  const again = audit.kind === 'undetermined' && audit.retry && tries < MOST_TRIES
  await updateAudit(journal, row.key, {
    ...{ kind: audit.kind, leaves: audit.leaves, registryAt: audit.registryAt, ms, tries, auditedAt: clock() },
    reason: audit.kind === 'undetermined' ? audit.reason : null,
    counts: findings.length > 0 ? JSON.stringify(countsOf(findings)) : null,
    findings: findings.length > 0 ? JSON.stringify(findings.slice(0, MOST_FINDINGS)) : null,
    outputConfirmed: audit.outputConfirmed === null ? null : Number(audit.outputConfirmed),
    retryAt: again ? clock() + Math.min(LONGEST_MS, it.retryMs * 2 ** row.tries) : null,
    // What a server made up is no evidence; the next try asks for it again.
    ...(named === false ? { evidenceHash: null, evidenceBytes: null } : {}),
  })
  const said = { batch: batch.id, kind: batch.kind, leaves: audit.leaves }
  if (audit.kind === 'mismatch') log.warn({ ...said, counts: countsOf(findings) }, 'an audit found a mismatch')
  else if (audit.kind === 'undetermined') log.debug({ ...said, reason: audit.reason }, 'an audit is undetermined')
  else log.debug(said, 'audited')
}

/** The evidence from the archive, or from where the chain says that it is; then it is kept. */
async function evidenceOf(it: AuditContext, row: AuditRow, batch: IndexedBatch): Promise<EvidenceFile> {
  const { archive, artifacts, journal } = it
  if (batch.blobId === null)
    return { missing: 'what the chain names its evidence by is no Walrus blob id', retry: false }
  try {
    const kept = row.evidenceHash && (await archive.locate(row.evidenceHash as Hex))
    if (kept) return { path: kept }
    const bytes = await artifacts.fetchUnhashed(`walrus://${batch.blobId}`)
    const path = await archive.put(bytes)
    await updateAudit(journal, row.key, { evidenceHash: sha256Hex(bytes), evidenceBytes: bytes.length })
    return { path }
  } catch (error) {
    return { missing: `the evidence could not be had: ${(error as Error).message}`.slice(0, 1000), retry: true }
  }
}

function jobOf(batch: IndexedBatch, evidence: EvidenceFile): AuditJob | { missing: string; retry: boolean } {
  const blobId = batch.blobId ?? ''
  const { merkleRoot, size: batchSize, settledAt: blockTime } = batch
  if (merkleRoot)
    return 'path' in evidence
      ? { kind: 'batch', blobId, evidence, batch: { merkleRoot, batchSize, blockTime } }
      : evidence
  const { teeId, inputHash, outputHash, signature, signedAt: timestamp, accountId: account } = batch
  if (!teeId || !inputHash || !outputHash || timestamp === null || !account)
    return { missing: 'the index shows neither a batch nor a call', retry: false }
  const call = { teeId, inputHash, outputHash, signature: signature ?? '0x', timestamp, account, blockTime }
  return { kind: 'single', blobId, evidence, call }
}

function countsOf(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
