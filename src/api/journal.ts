import { type Journal, openJournalReadOnly } from '../../journal/open.ts'
import { type Days, gasPaidOn, opinionDays } from '../../journal/opinions.ts'
import { type Finding, type Provability, provabilityOf, type VerdictRow, verdictsOf } from '../../journal/queries.ts'
import { countUnchecked } from '../../journal/unchecked.ts'
import { journalLists } from './journal-lists.ts'
import { journalRows } from './journal-rows.ts'

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

  return {
    ...journalLists(journal),
    ...journalRows(journal),

    /** Verdicts by observation key, null where there is none; for DataLoader. */
    async verdicts(keys: readonly string[]): Promise<(VerdictRow | null)[]> {
      const db = journal()
      const found = db ? await verdictsOf(db, keys) : new Map<string, VerdictRow>()
      return keys.map((key) => found.get(key) ?? null)
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
      const count = (kind: VerdictRow['kind']) =>
        db
          .selectFrom('verdict')
          .select((e) => e.fn.countAll<number>().as('n'))
          .where('kind', '=', kind)
          .executeTakeFirstOrThrow()
          .then((row) => row.n)
      const [observed, valid, invalid, undetermined, unchecked, challenges, openActions, gas] = await Promise.all([
        db
          .selectFrom('observation')
          .select((e) => e.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow()
          .then((row) => row.n),
        count('valid'),
        count('invalid'),
        count('undetermined'),
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
        db.selectFrom('attempt').select('gasPaid').where('gasPaid', 'is not', null).execute(),
      ])
      const gasPaid = gas.reduce((sum, row) => sum + BigInt(row.gasPaid as string), 0n)
      return { observed, valid, invalid, undetermined, unchecked, challenges, openActions, gasPaid }
    },
  }
}

export type JournalReader = ReturnType<typeof journalReader>
