import { canaryCostSince } from '../journal/canary.ts'
import type { CanaryOutcome } from '../journal/canary-tables.ts'
import { canaryOutcomes } from '../journal/canary-tables.ts'
import type { Journal } from '../journal/open.ts'

/** What the canary's journal says at one moment. Times in Unix milliseconds. */
export interface CanaryReport {
  /** canaries by how they ended, or seem to end; those whose end is open count as none */
  outcomes: Record<CanaryOutcome, number>
  /** one that is not settled */
  open: { resultId: string; outcome: CanaryOutcome | null; createdAt: number } | null
  /** the latest whose outcome is known */
  last: { resultId: string; outcome: CanaryOutcome; reason: string | null; at: number } | null
  lastCaughtAt: number | null
  firstAt: number | null
  /** wei that canaries of the last 24 hours cost, at most where one is open */
  costOfDay: bigint
}

/** Reads the canary's report. @param now Unix milliseconds */
export async function readCanaryReport(journal: Journal, now: number): Promise<CanaryReport> {
  const rows = await journal
    .selectFrom('canary')
    .select(['resultId', 'outcome', 'reason', 'createdAt', 'caughtAt', 'settledAt'])
    .orderBy('id')
    .execute()
  const outcomes = Object.fromEntries(canaryOutcomes.map((name) => [name, 0])) as CanaryReport['outcomes']
  for (const { outcome } of rows) if (outcome) outcomes[outcome]++
  const open = rows.find(({ settledAt }) => settledAt === null)
  const last = rows.findLast(({ outcome }) => outcome !== null)
  return {
    outcomes,
    open: open ? { resultId: open.resultId, outcome: open.outcome, createdAt: open.createdAt } : null,
    last: last?.outcome
      ? { resultId: last.resultId, outcome: last.outcome, reason: last.reason, at: last.settledAt ?? last.createdAt }
      : null,
    lastCaughtAt: rows.findLast(({ outcome }) => outcome === 'caught')?.caughtAt ?? null,
    firstAt: rows[0]?.createdAt ?? null,
    costOfDay: await canaryCostSince(journal, now - 86_400_000),
  }
}
