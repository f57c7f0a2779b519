import type { Insertable } from 'kysely'
import type { Journal } from './open.ts'
import type { Action, Attempt } from './queries.ts'
import type { AttemptTable } from './tables.ts'

/** An attempt with the action that it was made for. */
export type LaneAttempt = Attempt & {
  action: Pick<Action, 'key' | 'kind' | 'resultId' | 'deadline' | 'worth' | 'stalledSince' | 'state'>
}

/** Records a signed transaction, before it is broadcast. The same bytes again are the same row, under way again. */
export async function recordSigned(
  journal: Journal,
  row: Pick<Insertable<AttemptTable>, 'hash' | 'actionId' | 'sender' | 'nonce' | 'raw' | 'purpose' | 'signedAtBlock'>,
  now: number,
): Promise<void> {
  await journal
    .insertInto('attempt')
    .values({ ...row, state: 'signed', createdAt: now })
    .onConflict((c) => c.column('hash').doUpdateSet({ state: 'signed', settledAt: null, reason: null }))
    .execute()
}

/**
 * Every attempt of each nonce of an account that may still change: where one is not mined yet, or mined at or after a
 * block that a reorg could undo. With those that another of their nonce has ended, as a reorg may turn that round.
 *
 * @returns nonces in order, each with its attempts, oldest first
 */
export async function openNonces(
  journal: Journal,
  sender: string,
  sinceBlock: number,
): Promise<Map<number, LaneAttempt[]>> {
  const rows = await journal
    .selectFrom('attempt')
    .innerJoin('action', 'action.id', 'attempt.actionId')
    .selectAll('attempt')
    .select(['action.key', 'action.kind', 'action.resultId', 'action.deadline', 'action.worth', 'action.stalledSince'])
    .select('action.state as actionState')
    .where('attempt.sender', '=', sender)
    .where('attempt.nonce', 'in', (e) =>
      e
        .selectFrom('attempt as open')
        .select('open.nonce')
        .where('open.sender', '=', sender)
        .where((x) =>
          x.or([
            x('open.state', '=', 'signed'),
            x.and([x('open.state', 'in', ['mined', 'reverted']), x('open.blockNumber', '>=', sinceBlock)]),
          ]),
        ),
    )
    .orderBy('attempt.nonce')
    .orderBy('attempt.createdAt')
    .orderBy('attempt.signedAtBlock')
    .execute()
  const lane = new Map<number, LaneAttempt[]>()
  for (const { key, kind, resultId, deadline, worth, stalledSince, actionState, ...attempt } of rows) {
    const action = { key, kind, resultId, deadline, worth, stalledSince, state: actionState }
    lane.set(attempt.nonce, [...(lane.get(attempt.nonce) ?? []), { ...attempt, action }])
  }
  return lane
}

/** An action's transactions that may still be mined, oldest first. All have one nonce. */
export function liveAttempts(journal: Journal, actionId: number): Promise<Attempt[]> {
  return journal
    .selectFrom('attempt')
    .selectAll()
    .where('actionId', '=', actionId)
    .where('purpose', '!=', 'fill')
    .where('state', '=', 'signed')
    .orderBy('createdAt')
    .orderBy('signedAtBlock')
    .execute()
}

/**
 * The blocks in which the chain has mined transactions of an action without effect. Those of one block count once: a reorg may
 * put a commitment and several tries to use it, made on another branch, together.
 */
export async function revertedBlocks(journal: Journal, actionId: number): Promise<Set<number>> {
  const rows = await journal
    .selectFrom('attempt')
    .select('blockNumber')
    .distinct()
    .where('actionId', '=', actionId)
    .where('state', '=', 'reverted')
    .execute()
  return new Set(rows.flatMap(({ blockNumber }) => blockNumber ?? []))
}

/** Live transactions of other actions of a kind, with the action's id: one may do already what is wanted now. */
export function liveOfKind(
  journal: Journal,
  sender: string,
  { kind, resultId, key }: Pick<Action, 'kind' | 'resultId' | 'key'>,
): Promise<Pick<Attempt, 'actionId' | 'raw'>[]> {
  return journal
    .selectFrom('attempt')
    .innerJoin('action', 'action.id', 'attempt.actionId')
    .select(['attempt.actionId', 'attempt.raw'])
    .where('attempt.sender', '=', sender)
    .where('attempt.state', '=', 'signed')
    .where('attempt.purpose', '=', 'act')
    .where('action.kind', '=', kind)
    .where('action.resultId', resultId === null ? 'is' : '=', resultId)
    .where('action.key', '!=', key)
    .execute()
}

/** Hands an action's transactions under way to the action that wants the very same now, and ends the older one. */
export async function adopt(journal: Journal, from: number, to: number, reason: string, now: number): Promise<void> {
  await journal.transaction().execute(async (db) => {
    await db
      .updateTable('attempt')
      .set({ actionId: to })
      .where('actionId', '=', from)
      .where('state', '=', 'signed')
      .execute()
    await db
      .updateTable('action')
      .set({ state: 'abandoned', reason, stalledSince: null, updatedAt: now })
      .where('id', '=', from)
      .execute()
  })
}

/** Notes on an action: what it could win, what stands in its way, since when its transaction is not pushed any more. */
export async function noteAction(
  journal: Journal,
  id: number,
  notes: Partial<Pick<Action, 'worth' | 'objection' | 'stalledSince'>>,
): Promise<void> {
  await journal.updateTable('action').set(notes).where('id', '=', id).execute()
}

/** How a nonce ended: which of its attempts is in a block, and what that means for the action behind it. */
export interface NonceEnd {
  readonly attempt: Pick<Attempt, 'hash' | 'nonce' | 'sender' | 'actionId'>
  readonly state: 'mined' | 'reverted'
  readonly blockNumber: number
  readonly blockHash: string
  /** wei */
  readonly gasPaid: bigint
  /** why it reverted; null when it did not */
  readonly reason: string | null
  /** what becomes of the action; undefined leaves it as it is */
  readonly action?:
    | { readonly id: number; readonly state: Action['state']; readonly reason: string; readonly stopped?: boolean }
    | undefined
}

/**
 * Records the end of a nonce, all at once: the attempt that is mined, those that it ended, and the action. What counted as
 * mined until a reorg put another action's attempt in its place is to be done again.
 */
export async function endNonce(journal: Journal, end: NonceEnd, now: number): Promise<void> {
  const { attempt, state, blockNumber, blockHash, reason, action } = end
  await journal.transaction().execute(async (db) => {
    await db
      .updateTable('attempt')
      .set({ state, blockNumber, blockHash, gasPaid: String(end.gasPaid), settledAt: now, reason })
      .where('hash', '=', attempt.hash)
      .execute()
    await db
      .updateTable('action')
      .set({ state: 'open', reason: 'a reorg put another transaction in its place', stoppedAt: null, updatedAt: now })
      .where('id', '!=', attempt.actionId)
      .where('id', 'in', (e) =>
        e
          .selectFrom('attempt')
          .select('actionId')
          .where('sender', '=', attempt.sender)
          .where('nonce', '=', attempt.nonce)
          .where('hash', '!=', attempt.hash)
          .where('purpose', '!=', 'fill')
          .where('state', 'in', ['mined', 'reverted']),
      )
      .execute()
    await db
      .updateTable('attempt')
      .set({ ...VANISHED, state: 'dropped', settledAt: now, reason: `${attempt.hash} was mined instead` })
      .where('sender', '=', attempt.sender)
      .where('nonce', '=', attempt.nonce)
      .where('hash', '!=', attempt.hash)
      .where('state', '!=', 'dropped')
      .execute()
    if (!action) return
    const stoppedAt = action.stopped ? { stoppedAt: now } : {}
    await db
      .updateTable('action')
      .set({ state: action.state, reason: action.reason, stalledSince: null, ...stoppedAt, updatedAt: now })
      .where('id', '=', action.id)
      .execute()
  })
}

/** Whether one of an account's transactions with a nonce counts as mined, with effect or without. */
export async function isMinedNonce(journal: Journal, sender: string, nonce: number): Promise<boolean> {
  const mined = await journal
    .selectFrom('attempt')
    .select('hash')
    .where('sender', '=', sender)
    .where('nonce', '=', nonce)
    .where('state', 'in', ['mined', 'reverted'])
    .executeTakeFirst()
  return mined !== undefined
}

/** A transaction of somebody else has an account's nonce: none of ours can be mined, and their actions are open again. */
export async function dropNonce(journal: Journal, sender: string, nonce: number, now: number): Promise<void> {
  await journal
    .updateTable('attempt')
    .set({ ...VANISHED, state: 'dropped', settledAt: now, reason: 'another transaction used its nonce' })
    .where('sender', '=', sender)
    .where('nonce', '=', nonce)
    .where('state', '!=', 'dropped')
    .execute()
}

/** Undoes the end of a nonce that a reorg took back: all that was signed for it may be mined again. */
export async function reviveNonce(journal: Journal, attempts: readonly LaneAttempt[], now: number): Promise<void> {
  await journal.transaction().execute(async (db) => {
    const hashes = attempts.map(({ hash }) => hash)
    await db
      .updateTable('attempt')
      .set({ ...VANISHED, state: 'signed', settledAt: null, reason: null })
      .where('hash', 'in', hashes)
      .execute()
    await db
      .updateTable('action')
      .set({ state: 'open', reason: 'a reorg took its transaction back', stoppedAt: null, updatedAt: now })
      .where('id', 'in', [...new Set(attempts.map(({ actionId }) => actionId))])
      .execute()
  })
}

const VANISHED = { blockNumber: null, blockHash: null, gasPaid: null } as const
