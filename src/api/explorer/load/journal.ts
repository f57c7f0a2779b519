import { sql } from 'kysely'
import type { OperatorGraph, ShownOperator } from '../../../../journal/operator-graph.ts'
import type { Preview } from '../../../../journal/previews.ts'
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
  modelHash: string,
): Promise<{ all: number; shown: ShownOperator[] } | null> {
  const row = await journal.read(
    (db): Promise<OperatorGraph | undefined> =>
      db.selectFrom('operatorgraph').selectAll().where('modelHash', '=', modelHash).executeTakeFirst(),
  )
  return row ? { all: row.operators, shown: JSON.parse(row.shown) as ShownOperator[] } : null
}
