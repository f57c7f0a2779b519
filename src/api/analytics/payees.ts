import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, asc, between, desc, inArray, sql } from 'drizzle-orm'
import type { Reason } from '../../../protocol/status.ts'
import type { Range } from './range.ts'

const { dailyPayout } = schema

/** Who was credited how much in wei, and how often, for which of these reasons (any when null); the largest sum first. */
export function payees({ from, to }: Range, reasons: readonly Reason[] | null | undefined, first: number) {
  const { accountId, reason, day } = dailyPayout
  return db
    .select({
      ...{ accountId, reason },
      payouts: sql`sum(${dailyPayout.payouts})`.mapWith(Number),
      amount: sql`sum(${dailyPayout.amount})`.mapWith(BigInt),
    })
    .from(dailyPayout)
    .where(and(between(day, from, to), reasons ? inArray(reason, [...reasons]) : undefined))
    .groupBy(accountId, reason)
    .orderBy(desc(sql`sum(${dailyPayout.amount})`), asc(accountId), asc(reason))
    .limit(first)
}
