import { type Journal, openJournalReadOnly } from '../../journal/open.ts'
import {
  type Action,
  type Attempt,
  type Finding,
  type Provability,
  provabilityOf,
  type VerdictRow,
  verdictsOf,
} from '../../journal/queries.ts'
import { countUnchecked } from '../../journal/unchecked.ts'

/** An action with the transactions it took. */
export type ActionWithAttempts = Action & { attempts: Attempt[] }

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

    /** Actions by observation key, oldest first; for DataLoader. */
    async actions(keys: readonly string[]): Promise<ActionWithAttempts[][]> {
      const db = journal()
      const groups = new Map<string, ActionWithAttempts[]>(keys.map((key) => [key, []]))
      if (!db) return keys.map(() => [])
      const actions = await db
        .selectFrom('action')
        .selectAll()
        .where('observationKey', 'in', keys)
        .orderBy('id')
        .execute()
      const ids = actions.map((action) => action.id)
      const attempts =
        ids.length === 0 ? [] : await db.selectFrom('attempt').selectAll().where('actionId', 'in', ids).execute()
      for (const action of actions)
        groups
          .get(action.observationKey as string)
          ?.push({ ...action, attempts: attempts.filter((attempt) => attempt.actionId === action.id) })
      return keys.map((key) => groups.get(key) ?? [])
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
