import { observationKey } from '../../../protocol/observation.ts'
import type { JournalReader } from '../journal.ts'
import { createLoaders, type ResultRow } from '../loaders.ts'
import { type ResultStatus, resultStatus } from './status.ts'

/** Reads statuses by id, in the order of the ids, with two queries; null for what the index does not know. */
export function statusLoader(journal: JournalReader, chainId: number) {
  return async (ids: readonly string[]): Promise<(ResultStatus | null)[]> => {
    const loaders = createLoaders(journal)
    const rows = await loaders.result.loadMany([...ids])
    return Promise.all(
      rows.map(async (row: ResultRow | Error | null) => {
        if (row instanceof Error) throw row
        if (!row) return null
        const verdict = await loaders.replay.load(observationKey({ ...row, chainId }))
        return resultStatus(row, verdict?.kind ?? null)
      }),
    )
  }
}
