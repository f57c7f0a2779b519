import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { desc, inArray } from 'drizzle-orm'
import type { TimelineRow } from '../loaders.ts'
import { indexHead } from '../readiness.ts'
import type { Source } from './live.ts'

const { request, result, timeline } = schema

/** A change of a status, with what subscribers ask for it by. */
export type Change = TimelineRow & { modelId: string | null; requesterId: string | null; nodeId: string | null }

/** Reads changes from the index. */
export const indexSource: Source<Change> = {
  head: indexHead,
  newest: (most) =>
    db
      .select({ id: timeline.id, timestamp: timeline.timestamp })
      .from(timeline)
      .orderBy(desc(timeline.timestamp), desc(timeline.id))
      .limit(most),
  async changes(ids) {
    if (ids.length === 0) return new Map()
    const rows: TimelineRow[] = await db
      .select()
      .from(timeline)
      .where(inArray(timeline.id, [...ids]))
    const requests = await db
      .select({ id: request.id, modelId: request.modelId, requesterId: request.requesterId })
      .from(request)
      .where(inArray(request.id, [...new Set(rows.map(({ requestId }) => requestId))]))
    const results = await db
      .select({ id: result.id, nodeId: result.nodeId })
      .from(result)
      .where(inArray(result.id, [...new Set(rows.flatMap(({ resultId }) => resultId ?? []))]))
    const requestOf = new Map(requests.map((one) => [one.id, one]))
    const nodeOf = new Map(results.map((one) => [one.id, one.nodeId]))
    return new Map(
      rows.map((row) => {
        const { modelId = null, requesterId = null } = requestOf.get(row.requestId) ?? {}
        const nodeId = (row.resultId && nodeOf.get(row.resultId)) ?? null
        return [row.id, { ...row, modelId, requesterId, nodeId }]
      }),
    )
  },
}
