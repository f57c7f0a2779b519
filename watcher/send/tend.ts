import type { LocalAccount } from 'viem'
import type { Action, Attempt } from '../../journal/queries.ts'
import { noteAction } from '../../journal/sending.ts'
import type { Watch } from '../context.ts'
import type { Decision } from '../decide.ts'
import { broadcast } from './broadcast.ts'
import { bumpedFees } from './fees.ts'
import { object } from './object.ts'
import { planOf } from './plan.ts'
import { readSigned, routeFor, signAndSend } from './sign.ts'

/**
 * Looks after an action whose transaction is under way: when it has waited for some blocks, it is signed again with the
 * same nonce and higher fees, as far as what it can win allows. What would revert by now, or has reached that bound, is not
 * pushed any more; `unblock` takes its nonce away when others wait behind it.
 *
 * @param live its transactions under way, oldest first, at least one
 */
export async function tend(
  it: Watch,
  account: LocalAccount,
  action: Action,
  decision: Decision,
  live: readonly Attempt[],
): Promise<void> {
  const newest = live.at(-1)
  // A cancellation under way is followed to its end, and then the action is decided anew.
  if (newest?.purpose !== 'act') return
  const block = Number(await it.chain.client.getBlockNumber())
  const isLate = block - newest.signedAtBlock >= it.config.bumpBlocks
  if (!isLate && action.stalledSince === null) return
  const plan = await planOf(it, account, decision)
  if ('objection' in plan) {
    const isOver = plan.objection.kind === 'moot' || plan.objection.kind === 'stop'
    return object(it, action, plan.objection, isOver ? block : undefined)
  }
  const { head, call, gas, worth, blocksLeft, cap } = plan
  if (isLate) {
    const before = readSigned(newest)
    const fees = bumpedFees(before.fees, head, cap)
    if (!fees) {
      const reason = `it offers ${before.fees.maxFeePerGas} wei a unit of gas, and of the ${worth} wei that it can win at most ${cap} may go into a unit now`
      await object(it, action, { kind: 'wait', reason }, block)
      // It may still be mined once gas is cheaper.
      await broadcast(it, newest.raw, routeFor(it, { first: live[0], head, blocksLeft }), true)
      return
    }
    await unstall(it, action, worth)
    const draft = { action, purpose: 'act', call, nonce: newest.nonce, gas, fees, head, blocksLeft } as const
    const hash = await signAndSend(it, account, { ...draft, first: live[0] })
    const { kind, result } = decision
    const offer = String(fees.maxFeePerGas)
    it.log.info({ action: kind, result: result?.id, transaction: hash, nonce: newest.nonce, offer }, 'sent for more')
    return
  }
  await unstall(it, action, worth)
}

async function unstall({ journal }: Pick<Watch, 'journal'>, action: Action, worth: bigint): Promise<void> {
  if (action.stalledSince === null && action.objection === null && action.worth === String(worth)) return
  await noteAction(journal, action.id, { worth: String(worth), objection: null, stalledSince: null })
}
