import type { Selectable } from 'kysely'
import type { NetworkName } from '../networks/network.ts'
import type { Journal } from './open.ts'
import type { ObservationTable, WalkTable } from './tables.ts'

/** How far the walk through a network's results has come. */
export type Walk = Selectable<WalkTable>
/** A result of a network without challenges as it is first seen. */
export type RecordedObservation = Omit<Selectable<ObservationTable>, 'seenAt' | 'vanishedAt' | 'settlement'> & {
  dueAt: number
}

/** Where the walk through a network's results is; undefined before its first result. */
export function walkOf(journal: Journal, network: NetworkName): Promise<Walk | undefined> {
  return journal.selectFrom('walk').selectAll().where('network', '=', network).executeTakeFirst()
}

/**
 * Records a page of results, each once, and how far the walk has come, in one transaction: a restart goes on right there.
 * One that had vanished and is shown again is there again.
 */
export async function recordWalked(
  journal: Journal,
  rows: readonly RecordedObservation[],
  walk: Walk,
  now: number,
): Promise<void> {
  await journal.transaction().execute(async (db) => {
    if (rows.length > 0)
      await db
        .insertInto('observation')
        .values(rows.map((row) => ({ ...row, seenAt: now, vanishedAt: null, settlement: 'recorded' })))
        .onConflict((c) => c.column('key').doUpdateSet({ vanishedAt: null }))
        .execute()
    const { network: _, ...place } = walk
    await db
      .insertInto('walk')
      .values(walk)
      .onConflict((c) => c.column('network').doUpdateSet(place))
      .execute()
  })
}

/** What is known of a network from a block on and has not vanished: key and block. */
export function recordedSince(
  journal: Journal,
  network: NetworkName,
  block: number,
): Promise<{ key: string; blockNumber: number }[]> {
  return journal
    .selectFrom('observation')
    .select(['key', 'blockNumber'])
    .where('network', '=', network)
    .where('blockNumber', '>=', block)
    .where('vanishedAt', 'is', null)
    .execute()
}

/** A result that is to be judged now. */
export type DueObservation = Pick<Selectable<ObservationTable>, 'key' | 'resultId' | 'modelId'>

/** The results of a network that are to be judged by now, those that have waited longest first. @param now Unix ms */
export function dueObservations(
  journal: Journal,
  network: NetworkName,
  { now, most }: { now: number; most: number },
): Promise<DueObservation[]> {
  return journal
    .selectFrom('observation')
    .select(['key', 'resultId', 'modelId'])
    .where('network', '=', network)
    .where('dueAt', '<=', now)
    .where('vanishedAt', 'is', null)
    .orderBy('dueAt')
    .limit(most)
    .execute()
}

/** Puts all results of a model that are still to be judged off until a moment, in Unix ms; brings them forward by a past one. */
export async function putOffModel(
  journal: Journal,
  network: NetworkName,
  modelId: string,
  until: number,
): Promise<void> {
  await journal
    .updateTable('observation')
    .set({ dueAt: until })
    .where('network', '=', network)
    .where('dueAt', 'is not', null)
    .where('modelId', '=', modelId)
    .execute()
}

/** Makes due what was put off and never judged: nobody else knows why it was put off. For the start. */
export async function dueAgain(journal: Journal, network: NetworkName, now: number): Promise<void> {
  await journal
    .updateTable('observation')
    .set({ dueAt: now })
    .where('network', '=', network)
    .where('dueAt', '>', now)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('verdict').select('kind').whereRef('verdict.observationKey', '=', 'observation.key'))),
    )
    .execute()
}

/** Puts single results off until a moment, in Unix ms. */
export async function putOff(journal: Journal, keys: readonly string[], until: number): Promise<void> {
  if (keys.length === 0) return
  await journal
    .updateTable('observation')
    .set({ dueAt: until })
    .where('key', 'in', keys)
    .where('dueAt', 'is not', null)
    .execute()
}
