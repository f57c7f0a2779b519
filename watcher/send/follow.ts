import type { Hex, LocalAccount } from 'viem'
import { gasPaidOf } from '../../chain/gas-paid.ts'
import { dropNonce, endNonce, type LaneAttempt, revertedBlocks, reviveNonce } from '../../journal/sending.ts'
import type { Watch } from '../context.ts'
import { broadcast } from './broadcast.ts'
import type { RevertOutcome } from './reverts.ts'
import { readSigned, routeFor } from './sign.ts'
import { whyReverted } from './simulate.ts'

/** In so many blocks the chain may mine an action without effect before it is given up: each costs gas. */
const MAX_REVERTED = 3

/** A nonce of ours and what is known about it. */
export interface FollowParameters {
  readonly account: LocalAccount
  readonly nonce: number
  /** all that was ever signed for it, oldest first */
  readonly attempts: readonly LaneAttempt[]
  /** how many transactions of the account are mined at `head` */
  readonly used: number
  /** and at the block before */
  readonly before: number
  /** the highest block that is as the journal says */
  readonly known: number
  readonly head: { readonly number: number }
}

/** Looks what became of a nonce's transactions, and journals it. Whichever of them is mined ends the others. */
export async function follow(it: Watch, about: FollowParameters): Promise<void> {
  const { account, nonce, attempts, used, before, known } = about
  const { journal, log, clock } = it
  const settled = attempts.find(({ state }) => state === 'mined' || state === 'reverted')
  if (settled?.blockNumber != null && settled.blockNumber <= known) return
  // Whatever is not counted yet has no receipt.
  if (!settled && nonce >= used) return rebroadcast(it, about)

  const newestFirst = [...attempts].reverse()
  for (const attempt of settled ? [settled, ...newestFirst.filter((one) => one !== settled)] : newestFirst) {
    const receipt = await receiptOf(it, attempt.hash as Hex)
    if (!receipt) continue
    if (attempt === settled && settled.blockHash === receipt.blockHash) return
    return end(it, account, attempt, receipt, settled)
  }
  const last = newestFirst[0] as LaneAttempt
  const said = { action: last.action.kind, result: last.action.resultId, transaction: last.hash, nonce }
  if (nonce >= used) {
    await reviveNonce(journal, attempts, clock())
    log.warn(said, 'a reorg took a transaction back')
    return rebroadcast(it, about)
  }
  // Count and receipts come from several requests, perhaps of several machines: one block later they agree.
  if (nonce >= before) return
  await dropNonce(journal, account.address, nonce, clock())
  log.warn(said, 'another transaction used its nonce')
}

async function rebroadcast(it: Watch, { attempts, head }: FollowParameters): Promise<void> {
  const newest = attempts.at(-1)
  if (!newest) return
  const { purpose, action } = newest
  // What nobody wants any more may be forgotten.
  if (purpose === 'act' && action.stalledSince !== null) return
  // The route may become public only where `tend` knows how many blocks are left; a cancellation hurries for others.
  const blocksLeft = purpose === 'act' && action.deadline !== null ? Number.POSITIVE_INFINITY : null
  await broadcast(it, newest.raw, routeFor(it, { first: attempts[0], head, blocksLeft }), true)
}

async function end(
  it: Watch,
  account: LocalAccount,
  attempt: LaneAttempt,
  receipt: Receipt,
  settled: LaneAttempt | undefined,
): Promise<void> {
  const { journal, log, clock } = it
  const isMined = receipt.status === 'success'
  const why = isMined ? null : await reasonOf(it, account, attempt, receipt)
  const action = await actionAfter(it, attempt, why, settled, Number(receipt.blockNumber))
  await endNonce(
    journal,
    {
      attempt,
      state: isMined ? 'mined' : 'reverted',
      blockNumber: Number(receipt.blockNumber),
      blockHash: receipt.blockHash,
      gasPaid: receipt.gasPaid,
      reason: why?.reason ?? null,
      action,
    },
    clock(),
  )
  const { purpose, action: of, hash } = attempt
  const said = { action: of.kind, result: of.resultId, transaction: hash, block: Number(receipt.blockNumber) }
  if (action?.stopped) log.error({ ...said, reason: action.reason }, 'given up: something must be mended')
  else if (why) log.warn({ ...said, reason: why.reason }, 'reverted')
  else log.info(said, purpose === 'act' ? 'mined' : `mined: ${purpose}`)
}

/** What the end of an attempt means for its action; undefined when nothing. */
async function actionAfter(
  { journal }: Watch,
  { actionId: id, purpose, action, hash }: LaneAttempt,
  why: RevertOutcome | null,
  settled: LaneAttempt | undefined,
  blockNumber: number,
) {
  if (purpose === 'fill') return undefined
  if (purpose === 'cancel') return { id, state: 'abandoned', reason: 'cancelled: it was not worth pushing on' } as const
  if (!why) return { id, state: 'done', reason: 'mined' } as const
  // Done by another transaction; that this one came to nothing changes nothing.
  if (action.state === 'done' && settled?.hash !== hash) return undefined
  const reason = `reverted on chain: ${why.reason}`
  if (why.kind === 'moot') return { id, state: 'abandoned', reason } as const
  if (why.kind === 'stop') return { id, state: 'abandoned', reason, stopped: true } as const
  const reverted = (await revertedBlocks(journal, id)).add(blockNumber).size
  if (reverted < MAX_REVERTED) return { id, state: 'open', reason } as const
  return { id, state: 'abandoned', reason: `${reason}; given up after ${reverted} times`, stopped: true } as const
}

async function reasonOf(
  { chain }: Watch,
  account: LocalAccount,
  attempt: LaneAttempt,
  { blockNumber, gasUsed }: Receipt,
): Promise<RevertOutcome> {
  const { call, gas } = readSigned(attempt)
  // A call within a call that runs out of gas leaves its caller a 64th.
  const ranOutOfGas = gasUsed * 64n >= gas * 63n
  const about = { from: account.address, call, kind: attempt.action.kind, blockNumber, ranOutOfGas }
  // An endpoint may not keep that state; the end itself must be journalled all the same.
  return whyReverted(chain, about).catch(() => ({ kind: 'retry', reason: 'nobody says why' }))
}

/** What of a receipt counts. Endpoints word the rest differently. */
interface Receipt {
  readonly status: 'success' | 'reverted'
  readonly blockNumber: bigint
  readonly blockHash: Hex
  /** units */
  readonly gasUsed: bigint
  /** wei */
  readonly gasPaid: bigint
}

/**
 * The receipt of a transaction at the block that the endpoints agree on; null when it is in none. An invented one would end
 * an action that was never mined, and a hidden one begin it again.
 */
function receiptOf({ chain }: Pick<Watch, 'chain'>, hash: Hex): Promise<Receipt | null> {
  return chain.agreed(async (client, head) => {
    const receipt = await client.getTransactionReceipt({ hash }).catch(noReceipt)
    if (!receipt || receipt.blockNumber > head) return null
    const { status, blockNumber, blockHash, gasUsed } = receipt
    return { status, blockNumber, blockHash, gasUsed, gasPaid: gasPaidOf(receipt) }
  })
}

/** "No receipt" is an answer; anything else that goes wrong is not and must not pass for one. */
function noReceipt(error: Error): null {
  if (error.name === 'TransactionReceiptNotFoundError') return null
  throw error
}
