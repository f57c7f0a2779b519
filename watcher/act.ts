import type { LocalAccount } from 'viem'
import {
  BaseError,
  decodeErrorResult,
  ExecutionRevertedError,
  encodeFunctionData,
  type Hex,
  InsufficientFundsError,
  keccak256,
} from 'viem'
import { checkerAbi } from '../abis/Checker.ts'
import { convictionAbi } from '../abis/Conviction.ts'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { actionByKey, intend, liveNonces, recordAttempt } from '../journal/queries.ts'
import { nameOf, type Status, statuses } from '../protocol/status.ts'
import type { Watch } from './context.ts'
import type { Decision } from './decide.ts'

/**
 * Carries out one decision: intent into the journal, chain re-read, simulated at the latest block, signed, journalled,
 * broadcast, in this order. Killed between any two steps, the next start goes on from what the journal says; the same
 * signed bytes are sent again, so nothing can happen twice.
 *
 * What the chain contradicts (the index lags, somebody was faster) is logged and left for the next round to decide anew.
 */
export async function act(it: Watch, account: LocalAccount, decision: Decision): Promise<void> {
  const { journal, log } = it
  const before = await actionByKey(journal, decision.key)
  // In flight, or done and the index has not seen it yet. A withdrawal is decided by the chain itself.
  if (before?.live || (before?.state === 'done' && decision.kind !== 'withdraw')) return

  const call = callOf(it, account, decision)
  const action = await intend(
    journal,
    {
      key: decision.key,
      kind: decision.kind,
      observationKey: decision.observationKey,
      resultId: decision.result?.id ?? null,
      value: String(call.value),
      deadline: decision.deadline === null ? null : Number(decision.deadline),
      reason: decision.reason,
    },
    it.clock(),
  )

  const about = { action: decision.kind, result: decision.result?.id }
  const objection = (await contradiction(it, decision)) ?? (await revertOf(it, account, call))
  if (objection) {
    log.warn({ ...about, reason: objection }, 'not sent')
    return
  }
  const signed = await sign(it, account, call)
  await recordAttempt(journal, { ...signed, actionId: action.id, sender: account.address }, it.clock())
  await broadcast(it, signed.raw)
  log.info({ ...about, transaction: signed.hash, nonce: signed.nonce, reason: decision.reason }, 'sent')
}

/** Broadcasts signed bytes. A node that knows them already is no trouble; other refusals are for `settle` to follow. */
export async function broadcast({ chain, log }: Watch, raw: string): Promise<void> {
  try {
    await chain.client.sendRawTransaction({ serializedTransaction: raw as `0x${string}` })
  } catch (error) {
    const message = error instanceof BaseError ? error.details || error.shortMessage : (error as Error).message
    if (!/already known|already imported/i.test(message)) log.warn({ reason: message }, 'a broadcast was refused')
  }
}

/** A transaction to be made. */
interface Call {
  readonly to: `0x${string}`
  readonly data: `0x${string}`
  /** wei */
  readonly value: bigint
}

function callOf({ chain }: Watch, account: LocalAccount, decision: Decision): Call {
  const { kind, result, dispute } = decision
  const gainsay = { to: chain.contract, value: 0n }
  const abi = gainsayAbi
  if (kind === 'withdraw')
    return { ...gainsay, data: encodeFunctionData({ abi, functionName: 'withdraw', args: [account.address] }) }
  if (!result) throw new Error(`${kind} needs a result`)
  const args = [result.id] as const
  if (kind === 'challenge') {
    const value = chain.parameters.challengeBond
    return { ...gainsay, value, data: encodeFunctionData({ abi, functionName: 'challenge', args }) }
  }
  if (kind === 'claimSilence')
    return { ...gainsay, data: encodeFunctionData({ abi, functionName: 'claimSilence', args }) }
  if (!dispute) throw new Error(`${kind} needs to know what about`)
  return { to: chain.parameters.conviction, value: dispute.value, data: dispute.data }
}

/**
 * Whether the chain itself still shows what was decided upon: the index can be wrong after a deep reorg, and others act
 * meanwhile. All is read at one block.
 */
async function contradiction({ chain }: Watch, { kind, result }: Decision): Promise<string | null> {
  if (!result) return null
  const { client, contract: address } = chain
  const block = await client.getBlock({ blockNumber: result.blockNumber }).catch(() => null)
  if (block?.hash !== result.blockHash)
    return 'the chain has another block where the index shows this result: the index lags behind a reorg, or must be re-indexed'
  const status = nameOf(
    statuses,
    await client.readContract({ address, abi: gainsayAbi, functionName: 'statusOf', args: [result.id] }),
  )
  const needed = STATUS_FOR[kind]
  return needed === undefined || status === needed ? null : `on chain it is ${status}, no longer ${needed}`
}

/** The status that a result must have for an action to make sense; a settled demand's fee is fetched in any. */
const STATUS_FOR: Readonly<Partial<Record<Decision['kind'], Status>>> = {
  challenge: 'posted',
  claimSilence: 'challenged',
  commit: 'revealed',
  convict: 'revealed',
  demand: 'revealed',
  claimWithheld: 'revealed',
  appeal: 'revealed',
}

/** Simulates at the latest block; returns why it would fail, or null. */
async function revertOf({ chain }: Watch, account: LocalAccount, call: Call): Promise<string | null> {
  try {
    await chain.client.call({ account, ...call, blockTag: 'latest' })
    return null
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    const raw = error.walk((e) => typeof (e as { data?: unknown }).data === 'string') as { data?: Hex } | null
    if (raw?.data) return `it would revert: ${revertName(raw.data)}`
    if (error.walk((e) => e instanceof ExecutionRevertedError)) return 'it would revert'
    if (error.walk((e) => e instanceof InsufficientFundsError) || /insufficient funds|OutOfFund/i.test(error.message))
      return `the account ${account.address} has too little for bond and gas; send it some`
    throw error
  }
}

const ERRORS = [...gainsayAbi, ...convictionAbi, ...checkerAbi].filter((item) => item.type === 'error')

function revertName(data: Hex): string {
  try {
    return decodeErrorResult({ abi: ERRORS, data }).errorName
  } catch {
    return `with ${data.slice(0, 10)}`
  }
}

async function sign({ chain, journal }: Watch, account: LocalAccount, call: Call) {
  const { client, chainId } = chain
  const { to, data, value } = call
  const [nonce, fees, gas] = await Promise.all([
    nextNonce({ chain, journal }, account),
    client.estimateFeesPerGas(),
    // At the latest block, not the pending one, where an earlier try of the same may already have happened.
    client.estimateGas({ account: account.address, to, data, value, blockTag: 'latest' }),
  ])
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId,
    nonce,
    to,
    data,
    value,
    // A slot that the estimate found unchanged may change until inclusion; unused gas is refunded.
    gas: (gas * 3n) / 2n + 50_000n,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  })
  return { raw, nonce, hash: keccak256(raw) }
}

/** The lowest nonce that is neither used on chain nor by a transaction of ours that may still be mined. */
async function nextNonce({ chain, journal }: Pick<Watch, 'chain' | 'journal'>, account: LocalAccount): Promise<number> {
  let nonce = await chain.client.getTransactionCount({ address: account.address, blockTag: 'latest' })
  const live = await liveNonces(journal, account.address)
  while (live.has(nonce)) nonce++
  return nonce
}
