import { sql } from 'kysely'
import type { Journal } from '../../../../journal/open.ts'
import type { OperatorGraph, ShownOperator } from '../../../../journal/operator-graph.ts'
import type { Preview } from '../../../../journal/previews.ts'
import type { Action, Attempt } from '../../../../journal/queries.ts'
import type { JournalReader } from '../../journal.ts'

/** What a verdict can be. */
export const verdictKinds = ['valid', 'invalid', 'undetermined'] as const
export type VerdictKind = (typeof verdictKinds)[number]

/** A verdict's place in the list of those of its kind. */
export interface Judged {
  readonly resultId: string
  readonly modelId: string
  readonly node: string
  /** continues after it */
  readonly position: string
}

/** Verdicts of one kind, latest first, after a position. */
export async function judged(
  journal: JournalReader,
  kind: VerdictKind,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<Judged[]> {
  const rowid = sql<number>`verdict.rowid`
  const [at, row] = (after ?? '').split('.').map(Number)
  const rows = await journal.read((db) =>
    db
      .selectFrom('verdict')
      .innerJoin('observation', 'observation.key', 'verdict.observationKey')
      .select(['judgedAt', 'resultId', 'modelId', 'node', rowid.as('row')])
      .where('verdict.kind', '=', kind)
      .$if(after !== undefined, (query) =>
        query.where((e) =>
          e.or([
            e('judgedAt', '<', at as number),
            e.and([e('judgedAt', '=', at as number), e(rowid, '<', row as number)]),
          ]),
        ),
      )
      .orderBy('verdict.judgedAt', 'desc')
      .orderBy(rowid, 'desc')
      .limit(limit)
      .execute(),
  )
  return (rows ?? []).map(({ judgedAt, row, ...rest }) => ({ ...rest, position: `${judgedAt}.${row}` }))
}

/** What the watcher kept of a comparison: outputs in order, each as posted and as replayed. */
export async function previewsOf(journal: JournalReader, observationKey: string): Promise<Preview[]> {
  const rows = await journal.read((db) =>
    db
      .selectFrom('preview')
      .selectAll()
      .where('observationKey', '=', observationKey)
      .orderBy('place')
      .limit(64)
      .execute(),
  )
  return rows ?? []
}

/** The operators of a model's file as the watcher recorded them; null when it has not. */
export async function operatorsOf(
  journal: JournalReader,
  modelHash: string | null,
): Promise<{ all: number; shown: ShownOperator[] } | null> {
  if (modelHash === null) return null
  const row = await journal.read(
    (db): Promise<OperatorGraph | undefined> =>
      db.selectFrom('operatorgraph').selectAll().where('modelHash', '=', modelHash).executeTakeFirst(),
  )
  return row ? { all: row.operators, shown: JSON.parse(row.shown) as ShownOperator[] } : null
}

/** An action with the transactions it took. */
export interface ActionWithAttempts extends Action {
  readonly attempts: readonly Attempt[]
}

/** Actions that are shown of one result: its first. */
const MOST_ACTIONS = 50

/** What the watcher did about an observation, oldest first. */
export async function actionsOf(journal: JournalReader, observationKey: string): Promise<ActionWithAttempts[]> {
  const found = await journal.read(async (db) =>
    withAttempts(
      db,
      await db
        .selectFrom('action')
        .selectAll()
        .where('observationKey', '=', observationKey)
        .orderBy('id')
        .limit(MOST_ACTIONS)
        .execute(),
    ),
  )
  return found ?? []
}

/** Adds to actions the transactions that they took, with one query. */
export async function withAttempts(db: Journal, actions: readonly Action[]): Promise<ActionWithAttempts[]> {
  if (actions.length === 0) return []
  const ids = actions.map(({ id }) => id)
  const attempts = await db.selectFrom('attempt').selectAll().where('actionId', 'in', ids).execute()
  return actions.map((action) => ({
    ...action,
    attempts: attempts.filter(({ actionId }) => actionId === action.id),
  }))
}
