import type { LocalAccount } from 'viem'
import type { Journal } from '../journal/open.ts'
import type { Action } from '../journal/queries.ts'
import { endAction } from '../journal/queries.ts'
import { noteAction, openNonces } from '../journal/sending.ts'
import { SignerError } from '../keys/remote-signer.ts'
import { SpendLimitError } from '../keys/spend-limits.ts'
import { REORG_BLOCKS } from './collect.ts'
import type { Watch } from './context.ts'
import { follow } from './send/follow.ts'
import { unblock } from './send/unblock.ts'

/** The last trouble that was said, so that it is said once. */
const said = new WeakMap<Journal, string>()
/** The block up to which everything is known to be as the journal says. */
const looked = new WeakMap<Journal, { number: number; hash: string }>()

/**
 * Follows every transaction to its end: mined, reverted, or dropped because its nonce was used otherwise; and frees the
 * nonces of those that nobody wants any more. One that the chain no longer shows, because of a reorg or because a node
 * forgot it, is broadcast again, the very same bytes: ids on chain commit to their content, so it can only ever do what it
 * was signed for.
 *
 * @param reorged whether the chain may have been reorganised since the last round; while it has not and nothing is under
 * way, there is nothing to ask
 */
export async function settle(it: Watch, account: LocalAccount, reorged = true): Promise<void> {
  const { journal, chain } = it
  const { address } = account
  const since = looked.get(journal)?.number ?? Number(await chain.client.getBlockNumber())
  const lane = await openNonces(journal, address, Math.max(0, since - REORG_BLOCKS))
  if (lane.size === 0) return
  const open = [...lane].filter(
    ([, attempts]) => !attempts.some(({ state }) => state === 'mined' || state === 'reverted'),
  )
  if (open.length === 0 && !reorged && looked.has(journal)) return
  const openNonce = Math.min(...open.map(([nonce]) => nonce))
  const { used, before, number, hash, isSame } = await nonces(it, address, openNonce)
  // Endpoints that lag show neither what is mined since, nor that it is not: it is no reorg. Soon they have caught up.
  if (Number(number) < since && since - Number(number) <= it.config.rpcLagBlocks) return
  const known = isSame ? since : -1
  const head = { number: Number(number) }
  for (const [nonce, attempts] of lane) await follow(it, { account, nonce, attempts, used, before, known, head })
  looked.set(journal, { number: head.number, hash })
  try {
    await unblock(it, account, used)
  } catch (error) {
    // Those that are not stuck go on all the same.
    if (!(error instanceof SpendLimitError || error instanceof SignerError)) throw error
    if (said.get(journal) !== error.message) it.log.warn({ reason: error.message }, 'a nonce is not freed')
    said.set(journal, error.message)
  }
}

/** Ends actions that nothing asks for any more and that have no transaction under way; of the others, none is pushed on. */
export async function retire(it: Watch, actions: (Action & { live: boolean })[], wanted: Set<string>): Promise<void> {
  for (const action of actions) {
    if (wanted.has(action.key)) continue
    if (!action.live) await endAction(it.journal, action.id, 'abandoned', 'no longer called for', it.clock())
    else if (action.stalledSince === null)
      await noteAction(it.journal, action.id, {
        stalledSince: Number(await it.chain.client.getBlockNumber()),
        objection: 'no longer called for',
      })
  }
}

/**
 * How many transactions of ours are mined, at the block that the endpoints agree on and at the one before it; and whether
 * the chain still has the block up to which everything was looked at: then what is mined there costs no request. It has not
 * after a reorg, and nobody knows at a start.
 */
function nonces({ chain, journal }: Watch, address: LocalAccount['address'], openNonce: number) {
  const last = looked.get(journal)
  return chain.agreed(async (client, number, { blockHash: hash }) => {
    const [used, block] = await Promise.all([
      client.getTransactionCount({ address, blockNumber: number }),
      last && BigInt(last.number) <= number ? client.getBlock({ blockNumber: BigInt(last.number) }) : null,
    ])
    const isSame = block !== null && block.hash === last?.hash
    // Asked for where a nonce may be used that nothing of ours is known to have used.
    const isAsked = number > 0n && (used > openNonce || !isSame)
    const before = isAsked ? await client.getTransactionCount({ address, blockNumber: number - 1n }) : used
    return { used, before, number, hash, isSame }
  })
}
