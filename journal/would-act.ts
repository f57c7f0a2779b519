import type { Selectable } from 'kysely'
import type { Journal } from './open.ts'
import type { WouldActTable } from './tables.ts'

export type WouldAct = Selectable<WouldActTable>

/** Records what a watcher in shadow mode would have done. The first record of a key stays, unless it would have failed. */
export async function recordWouldAct(journal: Journal, row: WouldAct): Promise<void> {
  const { key: _, ...rest } = row
  await journal
    .insertInto('wouldact')
    .values(row)
    .onConflict((c) => c.column('key').doUpdateSet(rest).where('wouldact.revert', 'is not', null))
    .execute()
}

/** What is recorded of a decision. */
export function wouldActOf(journal: Journal, key: string): Promise<WouldAct | undefined> {
  return journal.selectFrom('wouldact').selectAll().where('key', '=', key).executeTakeFirst()
}

/** An act whose outcome is to be found out, or may have changed, with what became of its result. */
export interface Unsettled extends WouldAct {
  readonly settlement: string | null
  readonly vanishedAt: number | null
}

/** Acts without an outcome, and those whose outcome a reorg has undone. */
export function unsettledWouldActs(journal: Journal): Promise<Unsettled[]> {
  return journal
    .selectFrom('wouldact')
    .innerJoin('observation', 'observation.key', 'wouldact.observationKey')
    .selectAll('wouldact')
    .select(['observation.settlement', 'observation.vanishedAt'])
    .where((e) =>
      e.or([
        e('wouldact.outcome', 'is', null),
        e.and([e('observation.vanishedAt', 'is not', null), e('wouldact.outcome', '!=', 'vanished')]),
        e.and([e('observation.vanishedAt', 'is', null), e('wouldact.outcome', '=', 'vanished')]),
        e.and([e('observation.settlement', 'is', null), e('wouldact.outcome', 'in', ['won', 'lost', 'none'])]),
        // Untested is what stands unchallenged when its window is over; only a reorg can still get it rejected.
        e.and([e('observation.settlement', '=', 'rejected'), e('wouldact.outcome', '=', 'untested')]),
      ]),
    )
    .execute()
}

/** Records what an act would have come to; nulls when that is open again. */
export async function settleWouldAct(
  journal: Journal,
  key: string,
  outcome: Pick<WouldAct, 'outcome' | 'earned'>,
): Promise<void> {
  await journal.updateTable('wouldact').set(outcome).where('key', '=', key).execute()
}

/** What a watcher in shadow mode would have earned. Amounts in wei. */
export interface ShadowEarnings {
  /** decisions whose simulation went through */
  readonly acts: number
  /** decisions whose outcome is still open */
  readonly open: number
  readonly won: bigint
  /** above zero */
  readonly lost: bigint
  /** won − lost: what the account would have more */
  readonly net: bigint
  /** rewards of challenges that nobody else made either: nothing shows whether they would have been won */
  readonly untested: bigint
}

/** Sums up what acts would have earned: those that went through the simulation. Gas is paid out of what they won. */
export async function shadowEarnings(journal: Journal): Promise<ShadowEarnings> {
  const rows = await journal.selectFrom('wouldact').selectAll().where('revert', 'is', null).execute()
  const earned = rows.map((row) => BigInt(row.earned ?? 0))
  const won = earned.reduce((sum, wei) => (wei > 0n ? sum + wei : sum), 0n)
  const lost = earned.reduce((sum, wei) => (wei < 0n ? sum - wei : sum), 0n)
  return {
    ...{ acts: rows.length, open: rows.filter(({ outcome }) => outcome === null).length },
    ...{ won, lost, net: won - lost },
    untested: rows
      .filter(({ outcome }) => outcome === 'untested')
      .reduce((sum, { reward }) => sum + BigInt(reward), 0n),
  }
}
