import type { Hex } from 'viem'
import {
  addressSql as address,
  COUNTS,
  drawSql as draw,
  idSql as id,
  isRejectedSql,
  modelSql,
  nodeSql,
  postedAtSql,
  settledOf,
  skewedSql as skewed,
} from './ids.ts'
import { addPastDays, type Database } from './past-days.ts'

/**
 * Puts a year of results into an index's tables, the latest of which are open: 3 % are rejected, half of these by a
 * conviction. What is not told of a row is that of a real one. Real transactions of as many would take hours; what a query
 * costs depends on rows alone.
 *
 * @param database in the index's schema, where the index does not run, or notes no rows for the case of a reorg
 */
export async function addPastYear(
  database: Database,
  { results, tip, resultId }: { results: number; tip: bigint; resultId: Hex },
): Promise<void> {
  const run = async (text: string) => void (await database.query(text))
  const isOpen = `g > ${settledOf(results)}`
  // Drafted once, so that all that tells of a result agrees.
  await run(`create temp table past as
    select g, ${id(`'result ' || g`)} as result_id, ${id(`'request ' || g`)} as request_id,
      ${modelSql} as model_id, ${nodeSql} as node_id,
      ${address(`'requester ' || ${skewed(COUNTS.requesters, 3)}`)} as requester_id,
      ${address(`'watcher ' || ${skewed(COUNTS.watchers, 4)}`)} as watcher_id,
      ${postedAtSql(results, tip)} as at,
      (case when ${isOpen} then (case ${draw(20, 5)} when 0 then 'challenged' when 1 then 'revealed' else 'posted' end)
        when ${isRejectedSql} then 'rejected' else 'finalized' end)::status as status,
      (case when ${draw(2, 7)} = 0 then 'conviction' when ${draw(4, 8)} = 0 then 'ruling' else 'silence' end)::cause as cause,
      ${draw(1000, 9)} < 5 as is_disputed
    from generate_series(1, ${results}) g`)
  const settled = `p.status in ('rejected', 'finalized')`
  const challenged = `(p.status in ('challenged', 'revealed', 'rejected') or (p.status = 'finalized' and is_disputed))`
  const rejected = `p.status = 'rejected'`

  await insert(database, 'model', `generate_series(0, ${COUNTS.models - 1}) g`, {
    ...{ id: id(`'model ' || g`), model_hash: id(`'file ' || g`) },
    request_count: `(select count(*) from past where model_id = ${id(`'model ' || g`)})`,
  })
  await insert(
    database,
    'node',
    `(select node_id, count(*) as n, count(*) filter (where status = 'finalized') as good,
      count(*) filter (where status = 'rejected') as bad from past group by node_id) p`,
    {
      ...{ id: 'p.node_id', free_bond: '1e18', locked_bond: '1e18', slashed: 'p.bad * 1e18' },
      ...{ result_count: 'p.n', finalized_count: 'p.good', rejected_count: 'p.bad' },
    },
  )
  await insert(
    database,
    'account',
    '(select node_id as id from past union select requester_id from past union select watcher_id from past) p',
    { id: 'p.id', credited: '1e18', withdrawn: '0' },
  )
  await insert(database, 'request', 'past p', {
    ...{ id: 'p.request_id', model_id: 'p.model_id', requester_id: 'p.requester_id', result_id: 'p.result_id' },
    ...{ node_id: 'case when g % 5 = 0 then p.node_id end', status: 'p.status', fee: 'g % 1000 * 1e13' },
    ...{ requested_at: 'p.at - 20 - g % 40', deadline: 'p.at + 3600' },
  })
  await insert(database, 'request', 'past p', {
    ...{ id: id(`'expired ' || g`), model_id: 'p.model_id', requester_id: 'p.requester_id', result_id: 'null' },
    ...{ node_id: 'null', status: `'expired'`, requested_at: 'p.at - 4000', deadline: 'p.at - 400' },
    where: 'g % 50 = 0',
  })
  await insert(database, 'result', 'past p', {
    ...{ id: 'p.result_id', request_id: 'p.request_id', model_id: 'p.model_id', node_id: 'p.node_id' },
    ...{ output_hash: id(`'output ' || g`), status: 'p.status', posted_at: 'p.at', window_end: 'p.at + 86400' },
    ...{ settled_at: `case when ${settled} then p.at + 86400 + g % 600 end`, log_index: 'g' },
    ...{ demand_count: `(${rejected} and g % 3 = 0)::int`, appeal_count: `(${rejected} and p.cause = 'ruling')::int` },
  })
  const proven = `${rejected} and p.cause = 'conviction'`
  await insert(database, 'challenge', 'past p', {
    ...{ id: 'p.result_id', result_id: 'p.result_id', challenger_id: 'p.watcher_id', bond: '1e18' },
    ...{ challenged_at: 'p.at + 60', transaction_hash: id(`'challenge ' || g`), settled_at: 'null' },
    trace_root: `case when p.status in ('revealed', 'finalized') or p.cause <> 'silence' then ${id(`'trace ' || g`)} end`,
    trace_uri: `''`,
    revealed_at: `case when p.status in ('revealed', 'finalized') or p.cause <> 'silence' then p.at + 600 end`,
    ...{
      cause: `case when ${rejected} then p.cause end`,
      rejected_by_id: `case when ${rejected} then p.watcher_id end`,
    },
    ...{ slashed: `case when ${rejected} then 1e18 end`, burnt: `case when ${rejected} then 2e17 end` },
    where: challenged,
  })
  await insert(database, 'conviction', 'past p', {
    ...{ id: 'p.result_id', result_id: 'p.result_id', convictor_id: 'p.watcher_id', convicted_at: 'p.at + 900' },
    ...{ proof_hash: id(`'proof ' || g`), block_number: 'g', transaction_hash: id(`'conviction ' || g`) },
    where: proven,
  })
  await insert(database, 'demand', 'past p', {
    ...{ id: id(`'demand ' || g`), result_id: 'p.result_id', demander_id: 'p.watcher_id', entry: '1', first: '0' },
    ...{ count: '1', fee: '1e15', status: `(case g % 2 when 0 then 'returned' else 'withheld' end)::demand_status` },
    ...{ until: 'p.at + 800', demanded_at: 'p.at + 700', block_number: 'g', transaction_hash: id(`'demand tx ' || g`) },
    where: `${rejected} and g % 3 = 0`,
  })
  await insert(database, 'appeal', 'past p', {
    ...{ id: `p.result_id || '-' || p.watcher_id`, result_id: 'p.result_id', appellant_id: 'p.watcher_id' },
    ...{ evidence_hash: id(`'evidence ' || g`), uri: `''`, appealed_at: 'p.at + 700' },
    ...{ block_number: 'g', transaction_hash: id(`'appeal ' || g`) },
    where: `${rejected} and p.cause = 'ruling'`,
  })
  const payouts: [string, string, string, string][] = [
    ['fee', 'p.node_id', 'g % 1000 * 1e13', `p.status = 'finalized'`],
    ['refund', 'p.requester_id', 'g % 1000 * 1e13', rejected],
    ['reward', 'p.watcher_id', '5e17', rejected],
    ['compensation', 'p.requester_id', '3e17', rejected],
    ['challengeBondReturned', 'p.watcher_id', '1e18', rejected],
  ]
  for (const [reason, account_id, amount, where] of payouts)
    await insert(database, 'payout', 'past p', {
      ...{ id: `${id(`'${reason} ' || g`)} || '-1'`, account_id, reason: `'${reason}'`, amount, where },
      ...{ request_id: 'p.request_id', result_id: 'p.result_id', paid_at: 'p.at + 86400 + g % 600' },
    })
  const steps: [string, string, string, string, string][] = [
    ['none', 'requested', 'p.requester_id', 'p.at - 20 - g % 40', 'true'],
    ['requested', 'posted', 'p.node_id', 'p.at', 'true'],
    ['posted', 'challenged', 'p.watcher_id', 'p.at + 60', challenged],
    ['challenged', 'rejected', 'p.watcher_id', 'p.at + 900', rejected],
    ['posted', 'finalized', 'p.watcher_id', 'p.at + 86400 + g % 600', `p.status = 'finalized'`],
  ]
  for (const [from, to, actor_id, timestamp, where] of steps)
    await insert(database, 'timeline', 'past p', {
      ...{ id: `${id(`'${to} ' || g`)} || '-1'`, request_id: 'p.request_id', actor_id, timestamp, where },
      ...{ result_id: to === 'requested' ? 'null' : 'p.result_id', from: `'${from}'`, to: `'${to}'` },
    })
  await addPastDays(database, settled)
  const { rows } = await database.query(`select count(*)::int as n from result where id <> '${resultId}'`)
  if ((rows[0] as { n: number }).n < results) throw new Error('not all results were put in')
  await run('drop table past')
}

/** Inserts rows of which some columns are told and the others are those of the table's first row. */
async function insert(
  database: Database,
  table: string,
  from: string,
  { where = 'true', ...told }: Record<string, string> & { where?: string },
): Promise<void> {
  const { rows } = await database.query(
    `select column_name as name, udt_name as type from information_schema.columns
      where table_name = '${table}' and table_schema = current_schema() order by ordinal_position`,
  )
  const columns = rows as { name: string; type: string }[]
  const unknown = Object.keys(told).filter((name) => !columns.some((column) => column.name === name))
  if (unknown.length > 0) throw new Error(`${table} has no ${unknown.join(', ')}`)
  const values = columns.map(({ name, type }) =>
    told[name] === undefined ? `t."${name}"` : `(${told[name]})::"${type}"`,
  )
  await database.query(
    `insert into "${table}" (${columns.map(({ name }) => `"${name}"`).join(', ')}) select ${values.join(', ')}
      from ${from} left join (select * from "${table}" limit 1) t on true where ${where} on conflict do nothing`,
  )
}
