import type { Selectable } from 'kysely'
import type { Journal } from './open.ts'
import type { TripTable } from './tables.ts'

export type Trip = Selectable<TripTable>

/** Why sending is stopped; empty while it is not. */
export function openTrips(journal: Journal): Promise<Trip[]> {
  return journal.selectFrom('trip').selectAll().where('resetAt', 'is', null).orderBy('id').execute()
}

/**
 * Stops all sending until a person resets it. The same thing trips once: an index that still differs after a reset does so
 * again, a challenge that was lost does not.
 *
 * @returns whether this is news
 */
export async function trip(
  journal: Journal,
  { kind, about, reason }: Pick<Trip, 'kind' | 'about' | 'reason'>,
  now: number,
): Promise<boolean> {
  const known = await journal
    .selectFrom('trip')
    .select('id')
    .where('kind', '=', kind)
    .where('about', '=', about)
    .where((e) => (kind === 'lost' ? e.lit(true) : e('resetAt', 'is', null)))
    .executeTakeFirst()
  if (known) return false
  await journal.insertInto('trip').values({ kind, about, reason, trippedAt: now, resetAt: null }).execute()
  return true
}

/** Lets sending go on. @returns what had stopped it */
export async function resetTrips(journal: Journal, now: number): Promise<Trip[]> {
  const trips = await openTrips(journal)
  await journal.updateTable('trip').set({ resetAt: now }).where('resetAt', 'is', null).execute()
  return trips
}

/** When a kind was last reset, in Unix ms; 0 when never. */
export async function lastReset(journal: Journal, kind: Trip['kind']): Promise<number> {
  const row = await journal
    .selectFrom('trip')
    .select((e) => e.fn.max('resetAt').as('at'))
    .where('kind', '=', kind)
    .executeTakeFirst()
  return Number(row?.at ?? 0)
}

/** Results that we challenged and that were finalized nevertheless. */
export async function lostChallenges(journal: Journal): Promise<string[]> {
  const rows = await journal
    .selectFrom('action')
    .innerJoin('observation', 'observation.key', 'action.observationKey')
    .select('observation.resultId')
    .where('action.kind', '=', 'challenge')
    .where('action.state', '=', 'done')
    .where('observation.settlement', '=', 'finalized')
    .where('observation.vanishedAt', 'is', null)
    .execute()
  return rows.map(({ resultId }) => resultId)
}

/**
 * The latest verdicts that took a second opinion, newest first: whose result it was, and whether the runtimes disagreed.
 *
 * @param since Unix ms; older verdicts do not count
 */
export async function secondOpinions(
  journal: Journal,
  { since, most }: { since: number; most: number },
): Promise<{ node: string; disagreed: boolean }[]> {
  // Only the latest are looked at: this is asked in every round.
  const latest = journal
    .selectFrom('verdict')
    .select(['observationKey', 'step', 'reason', 'judgedAt'])
    // Of another network's: whoever posts there pays nothing, and must not be able to stop us here.
    .where('network', '=', 'gainsay')
    .where('judgedAt', '>', since)
    .orderBy('judgedAt', 'desc')
    .limit(20 * most)
  const rows = await journal
    .selectFrom(latest.as('latest'))
    .innerJoin('observation', 'observation.key', 'latest.observationKey')
    .select(['observation.node', 'latest.reason'])
    .where((e) => e.or([e('latest.step', '=', 'second'), e('latest.reason', 'like', `${DISAGREEMENT}%`)]))
    .orderBy('latest.judgedAt', 'desc')
    .limit(most)
    .execute()
  return rows.map(({ node, reason }) => ({ node, disagreed: reason?.startsWith(DISAGREEMENT) ?? false }))
}

/** How the reason of a verdict begins that two runtimes could not agree on (`verdict/escalate.ts`). */
const DISAGREEMENT = 'the runtimes disagree'
