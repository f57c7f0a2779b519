import type { Logger } from 'pino'
import {
  BaseError,
  decodeErrorResult,
  ExecutionRevertedError,
  encodeFunctionData,
  type Hex,
  InsufficientFundsError,
  keccak256,
  type LocalAccount,
  parseGwei,
  TransactionReceiptNotFoundError,
} from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import type { Chain } from '../chain/connect.ts'
import { type Canary, type CanarySend, noteSend, recordSend, sendsOf } from '../journal/canary.ts'
import type { CanaryStep } from '../journal/canary-tables.ts'
import type { Journal } from '../journal/open.ts'

/** What a step calls. */
export interface CanaryCall {
  args: readonly unknown[]
  /** wei */
  value: bigint
}

/** What sending needs. */
export interface Sending {
  chain: Pick<Chain, 'client' | 'contract' | 'chainId'>
  journal: Journal
  account: LocalAccount
  log: Logger
  clock: () => number
}

/** How long a transaction waits before it is signed again for more. */
const BUMP_MS = 30_000
/** For how long a nonce may be used up without a receipt of ours: an endpoint may be behind another. */
const RECEIPT_MS = 10_000
/** Offered to the block's maker, at least. */
export const TIP = parseGwei('0.01')

/** Thrown when the contract refuses a step, or the account has no money for it. */
export class StepRefusedError extends Error {
  override name = 'StepRefusedError'
}

/**
 * Brings a step of a canary one look further: signs and sends it, sends it again, for more when it waits, or notes its end. Every
 * transaction is in the journal before it is broadcast, and all of one step have one nonce, so that whatever is killed when, at
 * most one of them is mined.
 *
 * @returns `mined` once it is in a block and did what it should; else `waiting`
 * @throws StepRefusedError when it would revert or there is no money; nothing was sent then
 */
export async function advance(
  it: Sending,
  run: Pick<Canary, 'id' | 'gasPrice'>,
  step: CanaryStep,
  call: CanaryCall,
): Promise<'mined' | 'waiting'> {
  const { chain, journal, account, clock } = it
  const count = await chain.client.getTransactionCount({ address: account.address, blockTag: 'latest' })
  const live = (await sendsOf(journal, run.id, step)).filter(({ state }) => state === 'signed')
  for (const send of live) {
    const end = await endOf(it, send)
    if (end === undefined) continue
    for (const other of live) if (other.hash !== send.hash) await noteSend(journal, other.hash, { state: 'dropped' })
    return end === 'mined' ? 'mined' : 'waiting'
  }
  const last = live.at(-1)
  if (last && count > last.nonce) {
    // Whatever used the nonce is not ours, or its receipt has not come through yet.
    if (clock() - last.at > RECEIPT_MS) for (const { hash } of live) await noteSend(journal, hash, { state: 'dropped' })
    return 'waiting'
  }
  if (last && clock() - last.at < BUMP_MS) await broadcast(it, last.raw as Hex)
  else await signAndSend(it, run, step, call, { nonce: last?.nonce ?? count, last, tries: live.length })
  return 'waiting'
}

/** Notes how all transactions of a canary ended that are in a block by now, and those whose nonce such a one has used. */
export async function sweep(it: Sending, canaryId: number): Promise<void> {
  const used = new Set<number>()
  const waiting: CanarySend[] = []
  for (const send of await sendsOf(it.journal, canaryId)) {
    const end = send.state === 'signed' ? await endOf(it, send) : send.state
    if (end === undefined) waiting.push(send)
    else if (end !== 'dropped') used.add(send.nonce)
  }
  for (const { hash, nonce } of waiting) if (used.has(nonce)) await noteSend(it.journal, hash, { state: 'dropped' })
}

/** Notes and returns how a transaction ended; undefined while it is in no block. */
async function endOf({ chain, journal }: Sending, { hash }: CanarySend): Promise<'mined' | 'reverted' | undefined> {
  try {
    const receipt = await chain.client.getTransactionReceipt({ hash: hash as Hex })
    const state = receipt.status === 'success' ? 'mined' : 'reverted'
    await noteSend(journal, hash, { state, gasPaid: String(receipt.gasUsed * receipt.effectiveGasPrice) })
    return state
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}

async function signAndSend(
  it: Sending,
  run: Pick<Canary, 'id' | 'gasPrice'>,
  step: CanaryStep,
  { args, value }: CanaryCall,
  { nonce, last, tries }: { nonce: number; last: CanarySend | undefined; tries: number },
): Promise<void> {
  const { chain, journal, account, log, clock } = it
  const data = encodeFunctionData({ abi: gainsayAbi, functionName: step, args } as never)
  const to = chain.contract
  const estimated = await refusable(step, () =>
    chain.client.estimateGas({ account: account.address, to, data, value, blockTag: 'latest', prepare: false }),
  )
  const { baseFeePerGas } = await chain.client.getBlock({ blockTag: 'latest' })
  const wanted = 2n * (baseFeePerGas ?? 0n) + TIP
  const more = last ? (BigInt(last.fee) * 5n) / 4n + 1n : 0n
  const fee = more > wanted ? more : wanted
  if (fee > BigInt(run.gasPrice)) {
    log.warn({ step, fee: String(fee), limit: run.gasPrice }, 'gas costs more than this canary may pay; waiting')
    if (last) await broadcast(it, last.raw as Hex)
    return
  }
  // A pool wants a tenth more of both.
  const dearer = TIP << BigInt(Math.min(tries, 64))
  const tip = dearer > fee ? fee : dearer
  const raw = await account.signTransaction({
    ...{ type: 'eip1559', chainId: chain.chainId, nonce, to, data, value, maxFeePerGas: fee },
    // What is not used is not paid.
    ...{ gas: (estimated * 5n) / 4n + 30_000n, maxPriorityFeePerGas: tip },
  })
  const hash = keccak256(raw)
  const row = { hash, canaryId: run.id, step, nonce, raw, fee: String(fee), state: 'signed' as const, gasPaid: null }
  await recordSend(journal, { ...row, at: clock() })
  await broadcast(it, raw)
  log.info({ step, transaction: hash, nonce }, last ? 'sent for more' : 'sent')
}

/** What the pool knows already, or has no use for any more, is seen by its receipt or its nonce at the next look. */
async function broadcast({ chain, log }: Sending, serializedTransaction: Hex): Promise<void> {
  await chain.client
    .sendRawTransaction({ serializedTransaction })
    .catch((error: BaseError) => log.debug({ reason: error.shortMessage }, 'a broadcast was not taken'))
}

/** Runs a simulation; what the contract or the account refuses becomes a sentence. */
export async function refusable<T>(step: string, simulate: () => Promise<T>): Promise<T> {
  try {
    return await simulate()
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    const raw = error.walk((one) => typeof (one as { data?: unknown }).data === 'string') as { data?: Hex } | null
    if (raw?.data) throw new StepRefusedError(`${step} is refused (${nameOfRevert(raw.data)})`)
    if (error.walk((one) => one instanceof ExecutionRevertedError))
      throw new StepRefusedError(`${step} is refused (it reverts without a reason)`)
    if (
      error.walk((one) => one instanceof InsufficientFundsError) ||
      /insufficient funds|OutOfFund/i.test(error.message)
    )
      throw new StepRefusedError(`${step} cannot be paid: the canary's account has too little money`)
    throw error
  }
}

function nameOfRevert(data: Hex): string {
  try {
    return decodeErrorResult({ abi: gainsayAbi, data }).errorName
  } catch {
    return `an error that the contract does not have, ${data.slice(0, 10)}`
  }
}
