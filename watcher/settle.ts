import type { LocalAccount } from 'viem'
import type { Action } from '../journal/queries.ts'
import { endAction, reopenAction, unsettledAttempts, updateAttempt } from '../journal/queries.ts'
import { broadcast } from './act.ts'
import { REORG_BLOCKS } from './collect.ts'
import type { Watch } from './context.ts'

/**
 * Follows every transaction to its end: mined, reverted, or dropped because its nonce was used otherwise. One that the
 * chain no longer shows, because of a reorg or because a node forgot it, is broadcast again, the very same bytes: ids on
 * chain commit to their content, so it can only ever do what it was signed for.
 */
export async function settle(it: Watch, account: LocalAccount): Promise<void> {
  const { journal, chain, log, clock } = it
  const head = await chain.client.getBlock({ blockTag: 'latest' })
  const attempts = await unsettledAttempts(journal, account.address, Math.max(0, Number(head.number) - REORG_BLOCKS))
  if (attempts.length === 0) return
  const used = await chain.client.getTransactionCount({ address: account.address, blockNumber: head.number })
  for (const attempt of attempts) {
    const hash = attempt.hash as `0x${string}`
    const about = { action: attempt.action.kind, result: attempt.action.resultId, transaction: hash }
    const receipt = await chain.client.getTransactionReceipt({ hash }).catch(noReceipt)
    if (receipt) {
      if (attempt.state !== 'signed' && attempt.blockHash === receipt.blockHash) continue
      const mined = receipt.status === 'success'
      // The action first: killed between the two, the next start finds the attempt unsettled and does both again.
      await endAction(
        journal,
        attempt.actionId,
        mined ? 'done' : 'abandoned',
        mined ? 'mined' : 'reverted on chain: somebody was faster, or the window was over',
        clock(),
      )
      await updateAttempt(journal, hash, {
        state: mined ? 'mined' : 'reverted',
        blockNumber: Number(receipt.blockNumber),
        blockHash: receipt.blockHash,
        gasPaid: String(receipt.gasUsed * receipt.effectiveGasPrice),
      })
      log.info({ ...about, block: Number(receipt.blockNumber) }, mined ? 'mined' : 'reverted')
      continue
    }
    if (attempt.state !== 'signed') {
      log.warn(about, 'a reorg took a transaction back')
      await reopenAction(journal, attempt.actionId, 'a reorg took its transaction back', clock())
      await updateAttempt(journal, hash, { state: 'signed', blockNumber: null, blockHash: null, gasPaid: null })
    }
    if (attempt.nonce < used) {
      // The count and the receipt come from two requests; a transaction mined between them is found next round.
      const again = await chain.client.getTransactionReceipt({ hash }).catch(noReceipt)
      if (again) continue
      await updateAttempt(journal, hash, { state: 'dropped' })
      log.warn({ ...about, nonce: attempt.nonce }, 'another transaction used its nonce')
    } else await broadcast(it, attempt.raw)
  }
}

/** Ends actions that nothing asks for any more and that have no transaction under way. */
export async function retire(it: Watch, actions: (Action & { live: boolean })[], wanted: Set<string>): Promise<void> {
  for (const action of actions)
    if (!action.live && !wanted.has(action.key))
      await endAction(it.journal, action.id, 'abandoned', 'no longer called for', it.clock())
}

/** "No receipt" is an answer; anything else that goes wrong is not and must not pass for one. */
function noReceipt(error: Error): null {
  if (error.name === 'TransactionReceiptNotFoundError') return null
  throw error
}
