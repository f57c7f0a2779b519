import type { Context } from 'ponder:registry'
import schema from 'ponder:schema'
import type { Hex } from 'viem'
import type { Reason } from '../../protocol/status.ts'
import { dayOf } from './day.ts'
import { withTime } from './histogram.ts'

const { daily, dailyPayout, dailyStake } = schema

type Db = Context['db']
type Row = typeof daily.$inferSelect

/** What an event adds to the day of its request or result. Amounts in wei; times in seconds, one of one result. */
export type Additions = Partial<
  Pick<
    Row,
    | 'requests'
    | 'expired'
    | 'fees'
    | 'results'
    | 'challenged'
    | 'revealed'
    | 'finalized'
    | 'rejected'
    | 'feesPaid'
    | 'slashed'
    | 'burnt'
    | 'answerSeconds'
    | 'settlementSeconds'
  >
>

/** What a day has when nothing has happened on it. */
const nothing = {
  ...{ requests: 0, expired: 0, fees: 0n },
  ...{ results: 0, challenged: 0, revealed: 0, finalized: 0, rejected: 0 },
  ...{ feesPaid: 0n, slashed: 0n, burnt: 0n },
  ...{ answerSeconds: 0n, answerTimes: '', settlementSeconds: 0n, settlementTimes: '' },
}

/** Adds to a day, in all and for the model and the node that it is about. */
export async function countDaily(
  db: Db,
  timestamp: bigint,
  { modelId, nodeId }: { modelId: Hex; nodeId: Hex | null },
  additions: Additions,
): Promise<void> {
  const day = dayOf(timestamp)
  const first = added(nothing, additions)
  const count = (scope: Row['scope'], subjectId: Hex) =>
    db
      .insert(daily)
      .values({ ...nothing, ...first, scope, subjectId, day })
      .onConflictDoUpdate((row) => added(row, additions))
  await count('total', '0x')
  await count('model', modelId)
  if (nodeId) await count('node', nodeId)
}

/** Adds a payout to the day on which it was made. Amount in wei. */
export async function countPayout(
  db: Db,
  timestamp: bigint,
  { accountId, reason, amount }: { accountId: Hex; reason: Reason; amount: bigint },
): Promise<void> {
  await db
    .insert(dailyPayout)
    .values({ reason, accountId, day: dayOf(timestamp), payouts: 1, amount })
    .onConflictDoUpdate((row) => ({ payouts: row.payouts + 1, amount: row.amount + amount }))
}

/** Notes what a node has at stake, in wei; the last note of a day is what it has at the day's end. */
export async function noteStake(db: Db, timestamp: bigint, nodeId: Hex, stake: bigint): Promise<void> {
  await db
    .insert(dailyStake)
    .values({ nodeId, day: dayOf(timestamp), stake })
    .onConflictDoUpdate({ stake })
}

function added(row: typeof nothing, additions: Additions): Partial<typeof nothing> {
  const sums: Record<string, number | bigint | string> = {}
  for (const [column, value] of Object.entries(additions)) {
    const before = row[column as keyof Additions]
    sums[column] = typeof value === 'bigint' ? (before as bigint) + value : (before as number) + value
  }
  const { answerSeconds, settlementSeconds } = additions
  if (answerSeconds !== undefined) sums.answerTimes = withTime(row.answerTimes, answerSeconds)
  if (settlementSeconds !== undefined) sums.settlementTimes = withTime(row.settlementTimes, settlementSeconds)
  return sums
}
