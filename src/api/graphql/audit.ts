import type { AuditRow } from '../../../journal/audits.ts'
import type { Finding } from '../../../networks/opengradient/settlement/finding.ts'
import type { AuditFilter } from '../journal-audits.ts'
import type { ApiContext } from './context.ts'
import type { Filtered } from './filters.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

/** An audit of the journal as the API shows it; null while it has not been made. */
export function shownAudit(row: AuditRow | null) {
  if (!row?.kind) return null
  const counts = row.counts === null ? {} : (JSON.parse(row.counts) as Record<string, number>)
  return {
    batchId: row.batchId,
    verdict: row.kind,
    reason: row.reason,
    leaves: row.leaves,
    counts: Object.entries(counts).map(([kind, count]) => ({ kind, count })),
    findings: row.findings === null ? [] : (JSON.parse(row.findings) as Finding[]),
    registryAt: row.registryAt,
    outputConfirmed: row.outputConfirmed === null ? null : row.outputConfirmed === 1,
    evidenceHash: row.evidenceHash,
    evidenceBytes: row.evidenceBytes,
    milliseconds: row.ms,
    auditedAt: row.auditedAt,
    tries: row.tries,
    retryAt: row.retryAt,
  }
}

/** Audits: what this watcher found by checking settled calls against their evidence. */
export const audits: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "All batches of settled LLM calls that this watcher audited, the latest audited first"
      audits(
        "Which ones; all when left out"
        where: AuditFilter
        ${DIRECTED}
      ): AuditPage!
    }

    "Which audits; every field given must hold"
    input AuditFilter {
      "Those that showed one of these"
      verdict: [AuditVerdict!]
      "Those of this batch"
      batchId: Hex
      "Those made in this range of Unix milliseconds"
      auditedAt: Range
    }

    "What an audit showed"
    enum AuditVerdict {
      "Root, number, keys, signatures and times are as they must be"
      audited
      "Something is not, and there are findings"
      mismatch
      "It could not be told: the evidence or the registry could not be had or read"
      undetermined
    }

    "What can be wrong with settled calls"
    enum AuditFindingKind {
      "The published leaves do not have the root on chain"
      root
      "This leaf is not what the root commits to, though the published tree is"
      leaf
      "The chain says another number of leaves"
      batchSize
      "The evidence of a single call says something else than the chain"
      payload
      "The same leaf twice, signature included"
      duplicate
      "Not a signature of the TEE's key"
      signature
      "Signed with another TEE's key, or the registry's key is not the one that the id is the hash of"
      otherKey
      "What the registry has is no RSA key to check with"
      unusableKey
      "The registry does not know the TEE at the settlement's block"
      unregistered
      "The TEE was registered after the second that was signed for"
      registeredLater
      "The TEE is disabled at the settlement's block"
      disabled
      "Signed for a second more than five minutes after the block"
      future
      "Signed for a second more than seven days before the block"
      stale
    }

    "Which state of the registry of TEEs was read"
    enum RegistryState {
      "That of the settlement's block"
      block
      "The latest: no endpoint has the older one any more"
      latest
    }

    "One thing that an audit found wrong"
    type AuditFinding {
      "What"
      kind: AuditFindingKind!
      "Which leaf, from 0 in the order of the evidence; null where it is about the whole"
      leaf: Int
      "The TEE that the leaf names"
      teeId: Hex
      "In words, with the values that differ"
      detail: String!
    }

    "How many findings of a kind there are"
    type AuditCount {
      "What"
      kind: AuditFindingKind!
      "How many"
      count: Int!
    }

    "An audit of a batch of settled LLM calls and what it showed"
    type Audit {
      "What was audited; null when a reorg took it away"
      batch: TeeBatch
      "What it showed"
      verdict: AuditVerdict!
      "Why it is undetermined"
      reason: String
      "How many leaves were looked at"
      leaves: Int!
      "How many findings of each kind"
      counts: [AuditCount!]!
      "The first hundred of them"
      findings: [AuditFinding!]!
      "Which state of the registry was read; null where none was"
      registryAt: RegistryState
      "Whether the published answer of a single call has the hash that was signed; null where that cannot be told"
      outputConfirmed: Boolean
      "sha256 of the evidence that this watcher keeps; null where there is none"
      evidenceHash: Hex
      "Its bytes"
      evidenceBytes: Int
      "How long it took"
      milliseconds: Float!
      "Unix milliseconds"
      auditedAt: BigInt!
      "How often it was audited"
      tries: Int!
      "Unix milliseconds of the next try; null when none is planned"
      retryAt: BigInt
    }

    ${pageOf('Audit')}
  `,
  resolvers: {
    Query: {
      audits: async (_: unknown, { where, ...args }: Filtered<AuditFilter>, { journal }: ApiContext) => {
        const page = await journal.auditPage(where ?? {}, args)
        return { ...page, items: page.items.map(shownAudit) }
      },
    },
    Audit: {
      batch: ({ batchId }: { batchId: string }, _: unknown, { loaders }: ApiContext) => loaders.teeBatch.load(batchId),
    },
  },
}
