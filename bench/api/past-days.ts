/** A database of either kind, in the index's schema. */
export interface Database {
  query(text: string): Promise<{ rows: unknown[] }>
}

/** Buckets of `src/rows/histogram.ts`, in SQL. */
const bucket = (seconds: string) => {
  const width = `(2 ^ (floor(log(2, ${seconds})) - 5))`
  return `(case when ${seconds} < 64 then ${seconds} else floor(${seconds} / ${width}) * ${width} end)::bigint`
}

/**
 * What the index would have kept of each day, from the drafted results in `past` and the payouts that are in.
 *
 * @param isSettled of a drafted result, in SQL
 */
export async function addPastDays(database: Database, isSettled: string): Promise<void> {
  const run = async (text: string) => void (await database.query(text))
  const isKept =
    "select 1 from information_schema.tables where table_name = 'daily' and table_schema = current_schema()"
  if ((await database.query(isKept)).rows.length === 0) return
  const count = (where: string) => `count(*) filter (where ${where})`
  const total = (amount: string, where = 'true') => `coalesce(sum(${amount}) filter (where ${where}), 0)`
  for (const [scope, subject] of [
    ['total', `'0x'`],
    ['model', 'model_id'],
    ['node', 'node_id'],
  ] as const) {
    const day = 'floor(at / 86400)::int'
    await run(`insert into daily (scope, subject_id, day, requests, expired, fees, results, challenged, revealed, finalized,
        rejected, fees_paid, slashed, burnt, answer_seconds, answer_times, settlement_seconds, settlement_times)
      select '${scope}', ${subject}, ${day}, count(*), 0, sum(g % 1000 * 1e13), count(*),
        ${count(`status in ('challenged', 'revealed', 'rejected')`)}, ${count(`status = 'revealed'`)},
        ${count(`status = 'finalized'`)}, ${count(`status = 'rejected'`)}, ${total('g % 1000 * 1e13', `status = 'finalized'`)},
        ${total('1e18', `status = 'rejected'`)}, ${total('2e17', `status = 'rejected'`)},
        sum(20 + g % 40), '', ${total('86400 + g % 600', isSettled)}, ''
      from past p group by 2, 3 on conflict do nothing`)
    for (const [column, seconds, where] of [
      ['answer_times', '20 + g % 40', 'true'],
      ['settlement_times', '86400 + g % 600', isSettled],
    ] as const)
      await run(`update daily d set ${column} = h.text from (
          select subject, day, string_agg(bucket || ':' || n, ' ' order by bucket) as text from (
            select ${subject} as subject, ${day} as day, ${bucket(`(${seconds})`)} as bucket, count(*) as n
            from past p where ${where} group by 1, 2, 3) b group by 1, 2) h
        where d.scope = '${scope}' and d.subject_id = h.subject and d.day = h.day`)
  }
  await run(`insert into daily_payout (reason, account_id, day, payouts, amount)
    select reason, account_id, floor(paid_at / 86400)::int, count(*), sum(amount) from payout group by 1, 2, 3
    on conflict do nothing`)
  await run(`insert into daily_stake (node_id, day, stake)
    select distinct node_id, floor(at / 86400)::int, 2e18 from past on conflict do nothing`)
}
