import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, between, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { GraphQLError } from 'graphql'
import type { Reason } from '../../../protocol/status.ts'
import { type Concentration, concentration } from './concentration.ts'
import type { Range } from './range.ts'

const { daily, dailyPayout, dailyStake } = schema

/** Most numbers that one answer weighs: they are held in memory, and Ponder indexes in the same process. */
const MAX_WEIGHED = 200_000

/** How something was spread over some days. */
export interface Point extends Concentration {
  /** first and last day of it */
  from: number
  to: number
}

/** What each had, point by point; `at` counts points from 0. */
type Amounts = { at: number; id: string; amount: bigint }[]

/** How the results of each stretch of `every` days are spread over nodes. @throws GraphQLError when there are too many */
export async function workSpread(range: Range, every: number): Promise<Point[]> {
  const at = pointOf(daily.day, range, every)
  const rows = await db
    .select({ at, id: daily.subjectId, amount: sql`sum(${daily.results})`.mapWith(BigInt) })
    .from(daily)
    .where(and(eq(daily.scope, 'node'), between(daily.day, range.from, range.to), gt(daily.results, 0)))
    .groupBy(at, daily.subjectId)
    .limit(MAX_WEIGHED + 1)
  return points(rows as Amounts, range, every)
}

/** How what was credited for these reasons in each stretch of `every` days is spread over accounts. @throws GraphQLError */
export async function payoutSpread(range: Range, every: number, reasons: readonly Reason[]): Promise<Point[]> {
  const at = pointOf(dailyPayout.day, range, every)
  const rows = await db
    .select({ at, id: dailyPayout.accountId, amount: sql`sum(${dailyPayout.amount})`.mapWith(BigInt) })
    .from(dailyPayout)
    .where(and(inArray(dailyPayout.reason, [...reasons]), between(dailyPayout.day, range.from, range.to)))
    .groupBy(at, dailyPayout.accountId)
    .limit(MAX_WEIGHED + 1)
  return points(rows as Amounts, range, every)
}

/** How stake is spread over nodes at the end of each stretch of `every` days. @throws GraphQLError when there is too much */
export async function stakeSpread(range: Range, every: number): Promise<Point[]> {
  const { nodeId, day, stake } = dailyStake
  const before = await db
    .selectDistinctOn([nodeId], { nodeId, stake })
    .from(dailyStake)
    .where(lt(day, range.from))
    .orderBy(nodeId, desc(day))
    .limit(MAX_WEIGHED + 1)
  // The last of each stretch is what counts.
  const at = pointOf(day, range, every)
  const changes = await db
    .selectDistinctOn([nodeId, at], { at, nodeId, stake })
    .from(dailyStake)
    .where(between(day, range.from, range.to))
    .orderBy(nodeId, at, desc(day))
    .limit(MAX_WEIGHED + 1)
  const changed = new Map<number, typeof changes>()
  for (const change of changes) {
    const others = changed.get(change.at)
    if (others) others.push(change)
    else changed.set(change.at, [change])
  }
  const held = new Map(before.map((row) => [row.nodeId as string, row.stake]))
  let weighed = before.length + changes.length
  let latest = concentration(held.values())
  return stretchesOf(range, every).map((stretch, i) => {
    const now = changed.get(i)
    if (now) {
      for (const change of now) held.set(change.nodeId, change.stake)
      weighed += held.size
      refuseTooMany(weighed)
      latest = concentration(held.values())
    }
    return { ...stretch, ...latest }
  })
}

function points(rows: Amounts, range: Range, every: number): Point[] {
  refuseTooMany(rows.length)
  const groups = new Map<number, bigint[]>()
  for (const { at, amount } of rows) {
    const group = groups.get(at)
    if (group) group.push(amount)
    else groups.set(at, [amount])
  }
  return stretchesOf(range, every).map((stretch, i) => ({ ...stretch, ...concentration(groups.get(i) ?? []) }))
}

function stretchesOf({ from, to }: Range, every: number): Range[] {
  const stretches: Range[] = []
  for (let day = from; day <= to; day += every) stretches.push({ from: day, to: Math.min(day + every - 1, to) })
  return stretches
}

function pointOf(day: PgColumn, { from }: Range, every: number) {
  // Written out rather than as parameters: Postgres must see that what is selected is what is grouped by.
  return sql`((${day} - ${sql.raw(String(from))}) / ${sql.raw(String(every))})`.mapWith(Number)
}

function refuseTooMany(weighed: number): void {
  if (weighed > MAX_WEIGHED)
    throw new GraphQLError(
      `more than ${MAX_WEIGHED} amounts would have to be weighed: ask for fewer days, or longer stretches`,
    )
}
