import type { LocalAccount } from 'viem'
import { type Action, liveNonces } from '../../journal/queries.ts'
import { isMinedNonce, noteAction } from '../../journal/sending.ts'
import type { Watch } from '../context.ts'
import type { Decision } from '../decide.ts'
import { firstFees } from './fees.ts'
import { nextNonce } from './lane.ts'
import { object } from './object.ts'
import { planOf } from './plan.ts'
import { signAndSend } from './sign.ts'

/** Sends an action's first transaction, unless the chain says that it would be for nothing or cost more than it wins. */
export async function start(it: Watch, account: LocalAccount, action: Action, decision: Decision): Promise<void> {
  const plan = await planOf(it, account, decision)
  if ('objection' in plan) return object(it, action, plan.objection)
  const { head, call, gas, worth, blocksLeft, cap } = plan
  const fees = firstFees(head, cap)
  if (!fees)
    return object(it, action, {
      kind: 'wait',
      reason: `gas costs ${head.baseFee} wei a unit, and of the ${worth} wei that it can win at most ${cap} may go into a unit now`,
    })
  const nonce = await freeNonce(it, account)
  if (action.worth !== String(worth) || action.objection !== null)
    await noteAction(it.journal, action.id, { worth: String(worth), objection: null })
  const hash = await signAndSend(it, account, { action, purpose: 'act', call, nonce, gas, fees, head, blocksLeft })
  const { kind, result, reason } = decision
  it.log.info({ action: kind, result: result?.id, transaction: hash, nonce, reason }, 'sent')
}

async function freeNonce({ chain, journal }: Pick<Watch, 'chain' | 'journal'>, { address }: LocalAccount) {
  const [used, waiting, live] = await Promise.all([
    // A wrong one leaves a gap, behind which everything gets stuck.
    chain.agreed((client, blockNumber) => client.getTransactionCount({ address, blockNumber })),
    chain.client.getTransactionCount({ address, blockTag: 'pending' }),
    liveNonces(journal, address),
  ])
  const nonce = nextNonce({ used, pending: Math.max(used, waiting), live })
  // What is there will be mined again: another action's transaction must not take its place.
  if (await isMinedNonce(journal, address, nonce))
    throw new Error(`A reorg has taken back the transaction with nonce ${nonce}, or an endpoint is far behind.`)
  return nonce
}
