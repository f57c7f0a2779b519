import type { Insertable, Selectable } from 'kysely'
import { type Journal, JournalError } from './open.ts'
import type {
  ActionTable,
  AttemptTable,
  FindingTable,
  ObservationTable,
  ProvabilityTable,
  VerdictTable,
} from './tables.ts'

export type Observation = Selectable<ObservationTable>
export type VerdictRow = Selectable<VerdictTable>
export type Action = Selectable<ActionTable>
export type Attempt = Selectable<AttemptTable>
export type Provability = Selectable<ProvabilityTable>
export type Finding = Selectable<FindingTable>

/**
 * Makes a new journal that of this chain and contract; checks that an old one is.
 *
 * @param alone what a journal was of that followed another network alone and has a contract beside it now: nothing in it is
 * about another contract
 * @throws JournalError when it belongs to another: its signed transactions and verdicts are about something else
 */
export async function claimJournal(
  journal: Journal,
  { chainId, contract }: { chainId: number; contract: string },
  alone?: { chainId: number; contract: string },
): Promise<void> {
  const known = await journal.selectFrom('identity').selectAll().executeTakeFirst()
  if (!known)
    await journal.insertInto('identity').values({ chainId, contract, contractCode: null, seatCode: null }).execute()
  else if (alone && known.chainId === alone.chainId && known.contract === alone.contract)
    await journal.updateTable('identity').set({ chainId, contract }).execute()
  else if (known.chainId !== chainId || known.contract !== contract)
    throw new JournalError(
      `The journal in this data folder belongs to ${known.contract} on chain ${known.chainId}, not to ${contract} on chain ${chainId}. Give each its own GAINSAY_DATA_DIR.`,
    )
}

/** Records an observation once; seeing it again changes only whether it has vanished or settled. */
export async function recordObservation(
  journal: Journal,
  row: Omit<Observation, 'seenAt' | 'vanishedAt' | 'network' | 'dueAt'>,
  now: number,
): Promise<void> {
  await journal
    .insertInto('observation')
    .values({ ...row, seenAt: now, vanishedAt: null })
    .onConflict((c) => c.column('key').doUpdateSet({ vanishedAt: null, settlement: row.settlement }))
    .execute()
}

/** Marks an observation whose event is no longer part of the chain that the index shows. */
export async function markVanished(journal: Journal, key: string, now: number): Promise<void> {
  await journal.updateTable('observation').set({ vanishedAt: now }).where('key', '=', key).execute()
}

/** Observations that are neither settled nor vanished. */
export function openObservations(journal: Journal): Promise<Observation[]> {
  return journal
    .selectFrom('observation')
    .selectAll()
    .where('settlement', 'is', null)
    .where('vanishedAt', 'is', null)
    .execute()
}

/** Settled observations not older than a block: a reorg could still undo their settlement. */
export function recentlySettled(journal: Journal, sinceBlock: number): Promise<Observation[]> {
  return (
    journal
      .selectFrom('observation')
      .selectAll()
      .where('settlement', 'is not', null)
      .where('vanishedAt', 'is', null)
      // Blocks of another chain have other numbers.
      .where('network', '=', 'gainsay')
      .where('blockNumber', '>=', sinceBlock)
      .execute()
  )
}

/** The verdicts of these observations, by observation key. */
export async function verdictsOf(journal: Journal, keys: readonly string[]): Promise<Map<string, VerdictRow>> {
  if (keys.length === 0) return new Map()
  const rows = await journal.selectFrom('verdict').selectAll().where('observationKey', 'in', keys).execute()
  return new Map(rows.map((row) => [row.observationKey, row]))
}

/** Records what the contract could prove of a model's file. The latest check counts: newer software proves more. */
export async function recordProvability(journal: Journal, row: Provability): Promise<void> {
  const { modelHash: _, ...rest } = row
  await journal
    .insertInto('provability')
    .values(row)
    .onConflict((c) => c.column('modelHash').doUpdateSet(rest))
    .execute()
}

/** What is known of these files, by model hash. */
export async function provabilityOf(
  journal: Journal,
  modelHashes: readonly string[],
): Promise<Map<string, Provability>> {
  if (modelHashes.length === 0) return new Map()
  const rows = await journal.selectFrom('provability').selectAll().where('modelHash', 'in', modelHashes).execute()
  return new Map(rows.map((row) => [row.modelHash, row]))
}

/** Records what can be done about an observation's fraud, instead of what was recorded before. */
export async function recordFinding(journal: Journal, row: Finding): Promise<void> {
  const { observationKey: _, ...rest } = row
  await journal
    .insertInto('finding')
    .values(row)
    .onConflict((c) => c.column('observationKey').doUpdateSet(rest))
    .execute()
}

/** The findings of these observations with their secrets, by observation key. Not for whoever answers strangers. */
export async function findingsOf(journal: Journal, keys: readonly string[]): Promise<Map<string, Finding>> {
  if (keys.length === 0) return new Map()
  const rows = await journal.selectFrom('finding').selectAll().where('observationKey', 'in', keys).execute()
  return new Map(rows.map((row) => [row.observationKey, row]))
}

/**
 * Records the intent to act, before anything is signed. The same intent twice is one row; one that had ended is opened
 * again, since it is only decided anew when the chain says its effect is missing (a reorg took it back).
 */
export async function intend(
  journal: Journal,
  row: Omit<Insertable<ActionTable>, 'id' | 'state' | 'createdAt' | 'updatedAt'>,
  now: number,
): Promise<Action> {
  return journal
    .insertInto('action')
    .values({ ...row, state: 'open', createdAt: now, updatedAt: now })
    .onConflict((c) => c.column('key').doUpdateSet({ state: 'open', reason: row.reason, updatedAt: now }))
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Ends an action, saying why. */
export async function endAction(
  journal: Journal,
  id: number,
  state: 'done' | 'abandoned',
  reason: string,
  now: number,
): Promise<void> {
  await journal.updateTable('action').set({ state, reason, updatedAt: now }).where('id', '=', id).execute()
}

/** Opens an action again because its effect is no longer on chain. */
export async function reopenAction(journal: Journal, id: number, reason: string, now: number): Promise<void> {
  await journal.updateTable('action').set({ state: 'open', reason, updatedAt: now }).where('id', '=', id).execute()
}

/** Actions with whether a transaction of theirs may still be mined. */
function actionsWithLive(journal: Journal) {
  return journal
    .selectFrom('action')
    .selectAll()
    .select((e) =>
      e
        .selectFrom('attempt')
        .whereRef('attempt.actionId', '=', 'action.id')
        .where('attempt.state', '=', 'signed')
        .select((x) => x.fn.countAll<number>().as('n'))
        .as('liveAttempts'),
    )
}

/** Actions whose effect is not on chain yet. `live`: a transaction of theirs is under way. */
export async function openActions(journal: Journal): Promise<(Action & { live: boolean })[]> {
  const rows = await actionsWithLive(journal).where('state', '=', 'open').orderBy('id').execute()
  return rows.map(({ liveAttempts, ...action }) => ({ ...action, live: Number(liveAttempts) > 0 }))
}

/** The action of a key, if there ever was one. */
export async function actionByKey(journal: Journal, key: string): Promise<(Action & { live: boolean }) | undefined> {
  const row = await actionsWithLive(journal).where('key', '=', key).executeTakeFirst()
  if (!row) return undefined
  const { liveAttempts, ...action } = row
  return { ...action, live: Number(liveAttempts) > 0 }
}

/** Nonces of an account's transactions that may still be mined. */
export async function liveNonces(journal: Journal, sender: string): Promise<Set<number>> {
  const rows = await journal
    .selectFrom('attempt')
    .select('nonce')
    .where('state', '=', 'signed')
    .where('sender', '=', sender)
    .execute()
  return new Set(rows.map((row) => row.nonce))
}

/** Records a signed transaction, before it is broadcast. */
export async function recordAttempt(
  journal: Journal,
  row: Pick<Attempt, 'hash' | 'actionId' | 'sender' | 'nonce' | 'raw'>,
  now: number,
): Promise<void> {
  await journal
    .insertInto('attempt')
    .values({ ...row, state: 'signed', blockNumber: null, blockHash: null, gasPaid: null, createdAt: now })
    .onConflict((c) => c.column('hash').doUpdateSet({ state: 'signed' }))
    .execute()
}

/** An account's attempts that may still change: not mined yet, or mined at or after a block that a reorg could undo. */
export async function unsettledAttempts(
  journal: Journal,
  sender: string,
  sinceBlock: number,
): Promise<(Attempt & { action: Pick<Action, 'kind' | 'resultId'> })[]> {
  const rows = await journal
    .selectFrom('attempt')
    .innerJoin('action', 'action.id', 'attempt.actionId')
    .selectAll('attempt')
    .select(['action.kind', 'action.resultId'])
    .where('attempt.sender', '=', sender)
    .where((e) =>
      e.or([
        e('attempt.state', '=', 'signed'),
        e.and([e('attempt.state', 'in', ['mined', 'reverted']), e('attempt.blockNumber', '>=', sinceBlock)]),
      ]),
    )
    .orderBy('attempt.nonce')
    .execute()
  return rows.map(({ kind, resultId, ...attempt }) => ({ ...attempt, action: { kind, resultId } }))
}

/** Records what became of an attempt. */
export async function updateAttempt(
  journal: Journal,
  hash: string,
  change: Partial<Pick<Attempt, 'state' | 'blockNumber' | 'blockHash' | 'gasPaid'>>,
): Promise<void> {
  await journal.updateTable('attempt').set(change).where('hash', '=', hash).execute()
}

/**
 * Results that we demanded a part of a trace of and whose fee is still held. It is not any more once we had it settled, or
 * once the ledger saw what became of it: whoever claims a withheld part settles the fee as well. One part a result.
 */
export async function demandedResults(journal: Journal): Promise<{ resultId: string; observationKey: string }[]> {
  const rows = await journal
    .selectFrom('action as demanded')
    .select(['demanded.resultId', 'demanded.observationKey'])
    .where('demanded.kind', '=', 'demand')
    .where('demanded.state', '=', 'done')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('action as settled')
            .select('settled.id')
            .whereRef('settled.resultId', '=', 'demanded.resultId')
            .where('settled.kind', '=', 'settleDemand')
            .where('settled.state', '=', 'done'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('entry')
            .select('entry.key')
            .whereRef('entry.resultId', '=', 'demanded.resultId')
            .where('entry.kind', 'in', ['returned', 'lost'])
            .where('entry.reference', 'is not', null),
        ),
      ),
    )
    .execute()
  return rows.flatMap(({ resultId, observationKey }) =>
    resultId && observationKey ? [{ resultId, observationKey }] : [],
  )
}
