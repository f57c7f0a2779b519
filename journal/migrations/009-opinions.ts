import { type Kysely, type Migration, sql } from 'kysely'

/** What of a verdict's kind is counted, by the column it is counted in. */
const kinds = ['valid', 'invalid', 'undetermined'] as const

/**
 * How many results of each day, model and node were seen, and what was concluded: kept by SQLite itself, in the very
 * transaction that writes an observation or a verdict. A year of a million results is then a few thousand rows. What was
 * pruned goes on counting: nothing is taken off when rows are deleted.
 */
export const opinions: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`create table opinion (day integer not null, modelId text not null, node text not null,
      observed integer not null default 0, valid integer not null default 0, invalid integer not null default 0,
      undetermined integer not null default 0, primary key (day, modelId, node)) without rowid`.execute(db)
    await sql
      .raw(
        `insert into opinion select seenAt / 86400000, modelId, node, count(*),
          ${kinds.map((kind) => `count(*) filter (where verdict.kind = '${kind}')`).join(', ')}
         from observation left join verdict on observationKey = key where vanishedAt is null group by 1, 2, 3`,
      )
      .execute(db)
    // Each adds the difference that a change makes; a result that a reorg took away counts no more, with its verdict.
    const add = (observation: string, amounts: Record<string, string>) => {
      const columns = Object.keys(amounts)
      return `insert into opinion (day, modelId, node, ${columns.join(', ')})
        select o.seenAt / 86400000, o.modelId, o.node, ${Object.values(amounts).join(', ')} from ${observation}
        on conflict do update set ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')};`
    }
    const each = (amount: (kind: string) => string) => Object.fromEntries(kinds.map((kind) => [kind, amount(kind)]))
    const row = (of: string) => `observation o where o.key = ${of}`
    const trigger = (name: string, when: string, body: string) =>
      sql.raw(`create trigger ${name} ${when} begin ${body} end`).execute(db)
    await trigger(
      'opinion_observed',
      'after insert on observation when new.vanishedAt is null',
      add(row('new.key'), { observed: '1' }),
    )
    const sign = '(iif(new.vanishedAt is null, 1, -1))'
    await trigger(
      'opinion_vanished',
      'after update of vanishedAt on observation when (new.vanishedAt is null) <> (old.vanishedAt is null)',
      add(`observation o left join verdict v on v.observationKey = o.key where o.key = new.key`, {
        observed: sign,
        ...each((kind) => `${sign} * coalesce(v.kind = '${kind}', 0)`),
      }),
    )
    const shown = (key: string) => `${row(key)} and o.vanishedAt is null`
    await trigger(
      'opinion_judged',
      'after insert on verdict',
      add(
        shown('new.observationKey'),
        each((kind) => `new.kind = '${kind}'`),
      ),
    )
    await trigger(
      'opinion_changed',
      'after update of kind on verdict when new.kind <> old.kind',
      add(
        shown('new.observationKey'),
        each((kind) => `(new.kind = '${kind}') - (old.kind = '${kind}')`),
      ),
    )
  },
}
