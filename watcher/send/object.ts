import type { Action } from '../../journal/queries.ts'
import { noteAction } from '../../journal/sending.ts'
import type { Watch } from '../context.ts'
import type { RevertOutcome } from './reverts.ts'

/**
 * Notes why an action is not sent, or its transaction not pushed, now. Said once for each reason, not in every round; it
 * is tried again in the next, as the chain may say otherwise by then.
 *
 * @param stalledSince block since which a transaction that is under way is not worth pushing; undefined when none is
 */
export async function object(
  { journal, log }: Pick<Watch, 'journal' | 'log'>,
  action: Action,
  { kind, reason }: RevertOutcome,
  stalledSince?: number,
): Promise<void> {
  const isNew = action.objection === null || withoutNumbers(action.objection) !== withoutNumbers(reason)
  const stalls = stalledSince !== undefined && action.stalledSince === null
  if (isNew || stalls) await noteAction(journal, action.id, { objection: reason, ...(stalls ? { stalledSince } : {}) })
  if (!isNew) return
  const about = { action: action.kind, result: action.resultId, reason }
  if (kind === 'stop') log.error(about, 'not sent: something must be mended')
  else log.warn(about, stalledSince === undefined ? 'not sent' : 'not pushed any more')
}

/** Prices and times change with every block; what is said of them does not. */
function withoutNumbers(reason: string): string {
  return reason.replace(/\d+/g, '#')
}
