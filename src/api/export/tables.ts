import schema from 'ponder:schema'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'

/** A table of the history as it is exported. */
export interface ExportedTable {
  table: PgTable
  /** its primary key: rows come in its order */
  key: readonly PgColumn[]
  /** when the row began, and whether that is a second or a day; none where rows have no time */
  time?: { column: PgColumn; unit: 'second' | 'day' }
}

const s = schema
const at = (column: PgColumn) => ({ column, unit: 'second' }) as const
const on = (column: PgColumn) => ({ column, unit: 'day' }) as const

/** Every table of the history by the name it is exported by. */
export const exportedTables = {
  models: { table: s.model, key: [s.model.id], time: at(s.model.registeredAt) },
  nodes: { table: s.node, key: [s.node.id] },
  accounts: { table: s.account, key: [s.account.id] },
  requests: { table: s.request, key: [s.request.id], time: at(s.request.requestedAt) },
  results: { table: s.result, key: [s.result.id], time: at(s.result.postedAt) },
  challenges: { table: s.challenge, key: [s.challenge.id], time: at(s.challenge.challengedAt) },
  convictions: { table: s.conviction, key: [s.conviction.id], time: at(s.conviction.convictedAt) },
  demands: { table: s.demand, key: [s.demand.id], time: at(s.demand.demandedAt) },
  appeals: { table: s.appeal, key: [s.appeal.id], time: at(s.appeal.appealedAt) },
  payouts: { table: s.payout, key: [s.payout.id], time: at(s.payout.paidAt) },
  teeBatches: { table: s.teeBatch, key: [s.teeBatch.id], time: at(s.teeBatch.settledAt) },
  timeline: { table: s.timeline, key: [s.timeline.id], time: at(s.timeline.timestamp) },
  daily: { table: s.daily, key: [s.daily.scope, s.daily.subjectId, s.daily.day], time: on(s.daily.day) },
  dailyPayouts: {
    table: s.dailyPayout,
    key: [s.dailyPayout.reason, s.dailyPayout.accountId, s.dailyPayout.day],
    time: on(s.dailyPayout.day),
  },
  dailyStakes: {
    table: s.dailyStake,
    key: [s.dailyStake.nodeId, s.dailyStake.day],
    time: on(s.dailyStake.day),
  },
} as const satisfies Record<string, ExportedTable>
