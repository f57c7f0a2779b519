import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, asc, between, desc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { timesOf } from './latency.ts'
import type { Range } from './range.ts'
import type { Latencies, Sums } from './statistics.ts'

const { daily } = schema

/** What the numbers are about: everything, one model, or one node. */
export type Subject = { scope: 'total' | 'model' | 'node'; subjectId: string }

const numbers = ['requests', 'expired', 'results', 'challenged', 'revealed', 'finalized', 'rejected'] as const
const amounts = ['fees', 'feesPaid', 'slashed', 'burnt', 'answerSeconds', 'settlementSeconds'] as const

/** A day of a subject as it is kept. */
export type DayRow = Sums & Texts & { day: number }
type Texts = { answerTimes: string; settlementTimes: string }

/** The rows of a subject, one for each day on which something was counted, oldest first. */
export function daysOf({ scope, subjectId }: Subject, { from, to }: Range): Promise<DayRow[]> {
  return db
    .select()
    .from(daily)
    .where(and(eq(daily.scope, scope), eq(daily.subjectId, subjectId as `0x${string}`), between(daily.day, from, to)))
    .orderBy(asc(daily.day))
}

/** All these days together. */
export function together(days: readonly DayRow[]): Sums {
  return Object.fromEntries([
    ...numbers.map((column) => [column, days.reduce((sum, day) => sum + day[column], 0)]),
    ...amounts.map((column) => [column, days.reduce((sum, day) => sum + day[column], 0n)]),
  ]) as unknown as Sums
}

/** Sums of every model, or every node, over a range; who has most results first. Their histograms only when they are asked for. */
export async function ranking(scope: 'model' | 'node', { from, to }: Range, first: number) {
  const sums = Object.fromEntries([
    ...numbers.map((column) => [column, sumOf(daily[column]).mapWith(Number)]),
    ...amounts.map((column) => [column, sumOf(daily[column]).mapWith(BigInt)]),
  ]) as { [K in keyof Sums]: SQL<Sums[K]> }
  const where = (subjects?: SQL) => and(eq(daily.scope, scope), between(daily.day, from, to), subjects)
  const rows = await db
    .select({ subjectId: daily.subjectId, ...sums })
    .from(daily)
    .where(where())
    .groupBy(daily.subjectId)
    .orderBy(desc(sql`sum(${daily.results})`), asc(daily.subjectId))
    .limit(first)
  let read: Promise<Map<string, Latencies>> | undefined
  const latencies = async (subjectId: string): Promise<Latencies> => {
    read ??= latenciesBySubject(
      where(
        inArray(
          daily.subjectId,
          rows.map((row) => row.subjectId),
        ),
      ),
    )
    return (await read).get(subjectId) ?? latenciesOf([])
  }
  return rows.map(({ subjectId, ...sums }) => ({
    subjectId,
    sums: sums as Sums,
    latencies: () => latencies(subjectId),
  }))
}

async function latenciesBySubject(where: SQL | undefined): Promise<Map<string, Latencies>> {
  // Put together by the database: histograms one after another are one histogram.
  const joined = (column: PgColumn) => sql<string>`string_agg(${column}, ' ')`
  const rows = await db
    .select({
      subjectId: daily.subjectId,
      answerTimes: joined(daily.answerTimes),
      settlementTimes: joined(daily.settlementTimes),
    })
    .from(daily)
    .where(where)
    .groupBy(daily.subjectId)
  return new Map(rows.map((row) => [row.subjectId, latenciesOf([row])]))
}

/** The histograms of some days together. Read only when asked for: to split a year's texts takes longer than to fetch them. */
export function latenciesOf(rows: readonly Texts[]): Latencies {
  return {
    answer: () => timesOf(rows.map((row) => row.answerTimes)),
    settlement: () => timesOf(rows.map((row) => row.settlementTimes)),
  }
}

function sumOf(column: PgColumn) {
  return sql`sum(${column})`
}
