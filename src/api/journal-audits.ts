import { type AuditRow, auditsOf } from '../../journal/audits.ts'
import type { Journal } from '../../journal/open.ts'
import { pageOf } from './journal-lists.ts'
import type { PageArguments } from './page.ts'

/** Which audits. */
export interface AuditFilter {
  verdict?: NonNullable<AuditRow['kind']>[] | null
  batchId?: string | null
  auditedAt?: { from?: bigint | null; below?: bigint | null } | null
}

/** Audits of settled calls, as the journal has them; empty while there is no journal. */
export function journalAudits(journal: () => Journal | undefined) {
  return {
    /** Audits by the settlement's observation key, null where there is none; for DataLoader. */
    async audits(keys: readonly string[]): Promise<(AuditRow | null)[]> {
      const db = journal()
      return db ? auditsOf(db, keys) : keys.map(() => null)
    },

    /** A page of audits by when they were made. */
    auditPage(where: AuditFilter, args: PageArguments) {
      const query = journal()
        ?.selectFrom('audit')
        .selectAll('audit')
        .where('audit.kind', 'is not', null)
        .where('audit.vanishedAt', 'is', null)
        .$if(Boolean(where.verdict), (q) => q.where('audit.kind', 'in', where.verdict ?? []))
        .$if(Boolean(where.batchId), (q) => q.where('audit.batchId', '=', where.batchId as string))
      return pageOf<AuditRow>(query, 'audit.auditedAt', 'audit.key', where.auditedAt, args)
    },
  }
}
