import type { LocalAccount } from 'viem'
import { type LaneAttempt, openNonces } from '../../journal/sending.ts'
import type { Watch } from '../context.ts'
import { IDLE_GAS, idleCall } from './call.ts'
import { bumpedFees, type Fees, feeCap, firstFees } from './fees.ts'
import { blocksUntil, type Head, headOf } from './head.ts'
import { gapsOf } from './lane.ts'
import { readSigned, signAndSend } from './sign.ts'

/**
 * Frees the lane for what waits in it: a transaction that is not worth pushing any more and that others wait behind loses
 * its nonce to a self-transfer of nothing, and so does a nonce that nobody uses. What that may cost is what those that wait
 * can win, as it is for their sake.
 *
 * @param used how many transactions of the account are mined
 */
export async function unblock(it: Watch, account: LocalAccount, used: number): Promise<void> {
  const lane = await openNonces(it.journal, account.address, Number.MAX_SAFE_INTEGER)
  if (lane.size === 0) return
  const stuck = [...lane].filter(([nonce, attempts]) => isStuck(attempts) && Math.max(...lane.keys()) > nonce)
  const holes = Math.max(...lane.keys()) - used + 1 > [...lane.keys()].filter((nonce) => nonce >= used).length
  if (stuck.length === 0 && !holes) return

  const head = await headOf(it.chain)
  for (const [nonce, attempts] of stuck) {
    const newest = attempts.at(-1) as LaneAttempt
    if (head.number - stuckSince(newest) < it.config.bumpBlocks) continue
    const waiting = [...lane].filter(([later]) => later > nonce).flatMap(([, later]) => later)
    const fees = bumpedFees(readSigned(newest).fees, head, capFor(waiting, head))
    const purpose = newest.purpose === 'fill' ? 'fill' : 'cancel'
    if (fees) await idle(it, account, { nonce, fees, head, waiting, purpose, about: newest })
    else it.log.debug({ nonce }, 'those that wait cannot pay for freeing the nonce')
  }
  if (!holes) return
  const pending = await it.chain.client.getTransactionCount({ address: account.address, blockTag: 'pending' })
  for (const nonce of gapsOf({ used, pending, live: new Set(lane.keys()) })) {
    const waiting = [...lane].filter(([later]) => later > nonce).flatMap(([, later]) => later)
    const fees = firstFees(head, capFor(waiting, head))
    const about = waiting[0]
    if (fees && about) await idle(it, account, { nonce, fees, head, waiting, purpose: 'fill', about })
  }
}

/** Whether nobody pushes a nonce any more, or what frees it is itself under way. */
function isStuck(attempts: readonly LaneAttempt[]): boolean {
  const newest = attempts.at(-1)
  return newest !== undefined && (newest.action.stalledSince !== null || newest.purpose !== 'act')
}

/**
 * The block since which a nonce is in the way. What was given up a moment ago is left some blocks: after a reorg the index
 * may for a round show a dispute as it was, and then want again what was under way for it.
 */
function stuckSince({ purpose, signedAtBlock, action }: LaneAttempt): number {
  return purpose === 'act' ? Math.max(signedAtBlock, action.stalledSince ?? 0) : signedAtBlock
}

function capFor(waiting: readonly LaneAttempt[], head: Head): bigint {
  const valueWei = waiting.reduce((most, { action }) => {
    const worth = BigInt(action.worth ?? 0)
    return worth > most ? worth : most
  }, 0n)
  return feeCap({ valueWei, gas: IDLE_GAS, blocksLeft: hurryOf(waiting, head) })
}

/** Blocks until the nearest deadline of what waits; null when nothing of it has one. */
function hurryOf(waiting: readonly LaneAttempt[], head: Head): number | null {
  const deadlines = waiting.flatMap(({ action }) => (action.deadline === null ? [] : [action.deadline]))
  return deadlines.length === 0 ? null : blocksUntil(BigInt(Math.min(...deadlines)), head)
}

async function idle(
  it: Watch,
  account: LocalAccount,
  about: {
    nonce: number
    fees: Fees
    head: Head
    waiting: readonly LaneAttempt[]
    purpose: 'cancel' | 'fill'
    about: LaneAttempt
  },
): Promise<void> {
  const { nonce, fees, head, waiting, purpose } = about
  const hash = await signAndSend(it, account, {
    action: { id: about.about.actionId },
    ...{ purpose, nonce, fees, head, gas: IDLE_GAS },
    call: idleCall(account.address),
    blocksLeft: hurryOf(waiting, head),
    first: about.about,
  })
  it.log.warn({ transaction: hash, nonce, waiting: waiting.length }, `freed a nonce: ${purpose}`)
}
