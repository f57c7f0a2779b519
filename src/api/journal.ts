import { type Journal, openJournalReadOnly } from '../../journal/open.ts'
import { type Days, gasPaidOn, opinionDays, opinionTotals } from '../../journal/opinions.ts'
import { type Finding, type Provability, provabilityOf, type VerdictRow, verdictsOf } from '../../journal/queries.ts'
import { countUnchecked } from '../../journal/unchecked.ts'
import { openVerdictKinds } from '../../journal/verdict-kinds.ts'
import { journalAudits } from './journal-audits.ts'
import { journalLists } from './journal-lists.ts'
import { journalRows } from './journal-rows.ts'

/** All days that there are. */
const EVER = { from: 0, to: 1e8 }

/** A finding without its secrets: whoever has the proof before it is on chain can take the reward. */
export type PublicFinding = Pick<Finding, 'kind' | 'claim' | 'operator' | 'entry' | 'element' | 'reason'>

/**
 * Reads the watcher's journal, which may not exist yet and may appear at any time. Only the API reads it, and only here
 * do the chain's facts and the watcher's beliefs meet.
 */
export function journalReader(path: string) {
  let open: Journal | undefined
  const journal = (): Journal | undefined => {
    open ??= openJournalReadOnly(path)
    return open
  }
  let kindOf: ((key: string) => VerdictRow['kind'] | null) | undefined

  return {
    ...journalLists(journal),
    ...journalRows(journal),
    ...journalAudits(journal),
    /** What a query of the explorer's finds; null when there is no journal. */
    async read<Found>(query: (db: Journal) => Promise<Found>): Promise<Found | null> {
      const db = journal()
      return db ? query(db) : null
    },

    /** Verdicts by observation key, null where there is none; for DataLoader. */
    async verdicts(keys: readonly string[]): Promise<(VerdictRow | null)[]> {
      const db = journal()
      const found = db ? await verdictsOf(db, keys) : new Map<string, VerdictRow>()
      return keys.map((key) => found.get(key) ?? null)
    },

    /** The mere kinds of verdicts by observation key, null where there is none. */
    async verdictKinds(keys: readonly string[]): Promise<(VerdictRow['kind'] | null)[]> {
      // Prepared once: statuses are asked for thousands of times a second.
      kindOf ??= openVerdictKinds(path)
      return keys.map((key) => kindOf?.(key) ?? null)
    },

    /** Findings by observation key, null where there is none; for DataLoader. Reads no secret, so none can slip out. */
    async findings(keys: readonly string[]): Promise<(PublicFinding | null)[]> {
      const db = journal()
      if (!db) return keys.map(() => null)
      const rows = await db
        .selectFrom('finding')
        .select(['observationKey', 'kind', 'claim', 'operator', 'entry', 'element', 'reason'])
        .where('observationKey', 'in', keys)
        .execute()
      const found = new Map(rows.map(({ observationKey, ...finding }) => [observationKey, finding]))
      return keys.map((key) => found.get(key) ?? null)
    },

    /** What is known of files' operators, by model hash, null where nothing is; for DataLoader. */
    async provabilities(modelHashes: readonly string[]): Promise<(Provability | null)[]> {
      const db = journal()
      const found = db ? await provabilityOf(db, modelHashes) : new Map<string, Provability>()
      return modelHashes.map((hash) => found.get(hash) ?? null)
    },

    /** What was thought of the results first seen on these days; null when there is no journal. */
    async opinionDays(days: Days, about: { modelId?: string | null; nodeId?: string | null } = {}) {
      const db = journal()
      return db ? opinionDays(db, days, about) : null
    },

    /** Wei paid for gas on these days; null when there is no journal. */
    async gasPaidOn(days: Days): Promise<bigint | null> {
      const db = journal()
      return db ? gasPaidOn(db, days) : null
    },

    /** Totals over the whole journal; null when there is none. */
    async totals() {
      const db = journal()
      if (!db) return null
      // Kept by day, model and node: to count millions of observations and verdicts would stop all other answers meanwhile.
      const [opinions, unchecked, challenges, openActions, gasPaid] = await Promise.all([
        opinionTotals(db),
        countUnchecked(db),
        db
          .selectFrom('action')
          .select((e) => e.fn.countAll<number>().as('n'))
          .where('kind', '=', 'challenge')
          .where('state', '=', 'done')
          .executeTakeFirstOrThrow()
          .then((row) => row.n),
        db
          .selectFrom('action')
          .select((e) => e.fn.countAll<number>().as('n'))
          .where('state', '=', 'open')
          .executeTakeFirstOrThrow()
          .then((row) => row.n),
        gasPaidOn(db, EVER),
      ])
      return { ...opinions, unchecked, challenges, openActions, gasPaid }
    },
  }
}

export type JournalReader = ReturnType<typeof journalReader>
