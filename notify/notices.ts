import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Journal } from '../journal/open.ts'

/** What is told to the outside. */
export const noticeEvents = [
  'fraudFound',
  'challengeSent',
  'challengeWon',
  'challengeLost',
  'breakerOpen',
  'ledgerDiffers',
  'deadlineNear',
  'rpcDown',
  'canaryFailed',
] as const
export type NoticeEvent = (typeof noticeEvents)[number]

/** One thing to tell. `key` names it, so that it is told once. */
export interface Notice {
  key: string
  event: NoticeEvent
  /** Unix milliseconds at which it came about */
  at: number
  /** what about: ids, amounts in wei, a reason; never a secret */
  details: Record<string, string | number | null>
  /** whether it is about a moment that passes; what is true until it is mended is told also after the first start */
  isHistory: boolean
}

/** How far back the journal is looked at: what could not be delivered in that time is old news. */
export const LOOK_BACK_MS = 24 * 3_600_000
/** A deadline is near when fewer seconds of chain time are left. */
export const NEAR_SECONDS = 600

/**
 * What the journal has to tell. The journal is asked rather than those who write to it, so that nothing is missed when the
 * process dies in between.
 *
 * @param chainTime seconds; null while unknown
 * @param now Unix milliseconds
 */
export async function noticesOf(journal: Journal, chainTime: bigint | null, now: number): Promise<Notice[]> {
  const since = now - LOOK_BACK_MS
  const notices: Notice[] = []
  const add = (event: NoticeEvent, name: string, at: number, details: Notice['details'], isHistory = true) =>
    notices.push({ key: `${event}:${name}`, event, at, details, isHistory })

  const frauds = await journal
    .selectFrom('verdict')
    .innerJoin('observation', 'observation.key', 'verdict.observationKey')
    .select([
      'observation.key',
      'resultId',
      'observation.network',
      'node',
      'modelId',
      'judgedAt',
      'distance',
      'tolerance',
    ])
    .where('verdict.kind', '=', 'invalid')
    .where('judgedAt', '>=', since)
    .execute()
  for (const { key, judgedAt, resultId: result, ...about } of frauds)
    add('fraudFound', key, judgedAt, { result, ...about })

  const sent = await journal
    .selectFrom('attempt')
    .innerJoin('action', 'action.id', 'attempt.actionId')
    .select(['action.key', 'action.resultId', 'action.value', 'attempt.hash', 'attempt.createdAt'])
    .where('action.kind', '=', 'challenge')
    .where('attempt.createdAt', '>=', since)
    .orderBy('attempt.createdAt')
    .execute()
  // By action, not by transaction: one that is replaced for its fee is no other challenge.
  for (const { key, createdAt, resultId: result, value: bondWei, hash: transaction } of sent)
    if (!notices.some((one) => one.key === `challengeSent:${key}`))
      add('challengeSent', key, createdAt, { result, bondWei, transaction })

  const entries = await journal
    .selectFrom('entry')
    .select(['key', 'kind', 'amount', 'resultId', 'transactionHash', 'at'])
    .where('kind', 'in', ['won', 'lost'])
    .where('reference', 'is', null)
    .where('blockHash', 'is not', null)
    .where('at', '>=', since)
    .execute()
  for (const { key, kind, amount: wei, resultId: result, transactionHash: transaction, at } of entries)
    add(kind === 'won' ? 'challengeWon' : 'challengeLost', key, at, { result, wei, transaction })

  const canaries = await journal
    .selectFrom('canary')
    .select(['resultId', 'outcome', 'reason', 'watcher', 'createdAt', 'settledAt'])
    .where('outcome', 'is not', null)
    .where('outcome', '<>', 'caught')
    .where((e) => e.or([e('settledAt', 'is', null), e('settledAt', '>=', since)]))
    .execute()
  for (const { resultId: result, outcome, reason, watcher, createdAt } of canaries)
    add('canaryFailed', `${result}:${outcome}`, createdAt, { result, outcome, reason, watcher }, false)

  const differing = await journal.selectFrom('ledger').selectAll().where('differences', '<>', '').execute()
  for (const { account, differences, checkedAt, checkedBlock } of differing)
    add('ledgerDiffers', `${account}:${digest(differences)}`, checkedAt, { account, checkedBlock, differences }, false)

  if (chainTime !== null) {
    const near = await journal
      .selectFrom('action')
      .select(['key', 'kind', 'resultId', 'deadline', 'updatedAt'])
      .where('state', '=', 'open')
      .where('deadline', '<', Number(chainTime) + NEAR_SECONDS)
      .where('deadline', '>=', Number(chainTime))
      .execute()
    for (const { key, kind: action, resultId: result, deadline, updatedAt } of near)
      add(
        'deadlineNear',
        key,
        updatedAt,
        { action, result, deadline, secondsLeft: Number(deadline) - Number(chainTime) },
        false,
      )
  }

  const { rows: tables } = await sql<{
    n: number
  }>`select count(*) as n from sqlite_master where name = 'trip'`.execute(journal)
  if (tables[0]?.n) {
    type Trip = { id: number; reason: string; trippedAt: number }
    const { rows } = await sql<Trip>`select id, reason, trippedAt from trip where resetAt is null`.execute(journal)
    for (const { id, reason, trippedAt } of rows) add('breakerOpen', String(id), trippedAt, { reason }, false)
  }
  return notices
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
