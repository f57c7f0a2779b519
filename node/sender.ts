import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  BaseError,
  type Chain,
  type ContractFunctionArgs,
  ContractFunctionRevertedError,
  type EncodeFunctionDataParameters,
  type EstimateContractGasParameters,
  encodeFunctionData,
  type Hash,
  type LocalAccount,
  type PublicClient,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
  type Transport,
} from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import { gainsayAbi } from '../abis/Gainsay.ts'

type MoveName = 'registerModel' | 'bond' | 'unbond' | 'request' | 'post' | 'reveal' | 'rule' | 'finalize' | 'withdraw'

type ConvictionMoveName = 'supply' | 'settleDemand'

/** A call of the contract that changes something, with its arguments as the ABI has them. */
export type Move =
  | {
      [Name in MoveName]: {
        readonly functionName: Name
        readonly args: ContractFunctionArgs<typeof gainsayAbi, 'nonpayable' | 'payable', Name>
        /** wei */
        readonly value?: bigint
      }
    }[MoveName]
  | {
      [Name in ConvictionMoveName]: {
        /** the conviction contract */
        readonly conviction: `0x${string}`
        readonly functionName: Name
        readonly args: ContractFunctionArgs<typeof convictionAbi, 'nonpayable' | 'payable', Name>
      }
    }[ConvictionMoveName]

/**
 * How sending a move ended.
 *
 * - `mined`: it is in a block and did what it should
 * - `refused`: the contract refuses it, or there is no money for it; nothing was sent
 * - `reverted`: it is in a block and did nothing, as the chain moved on before it
 * - `lost`: not seen in a block in time; it may still come
 *
 * Nobody may take any of these for the state of the chain: a reorg undoes `mined`. Look at the chain again.
 */
export type Outcome =
  | { readonly type: 'mined' | 'reverted' | 'lost'; readonly hash: Hash }
  | { readonly type: 'refused'; readonly reason: string }

/** What a {@link Sender} needs. */
export interface SenderParameters {
  readonly client: PublicClient<Transport, Chain | undefined>
  readonly account: LocalAccount
  /** the Gainsay contract */
  readonly contract: `0x${string}`
  readonly log: Logger
  /** milliseconds after which a transaction that is in no block counts as lost; 30,000 if not given */
  readonly timeoutMs?: number
  /** milliseconds between looks for the receipt; 250 if not given */
  readonly pollMs?: number
  readonly signal?: AbortSignal
}

const MAX_BUMPS = 10
const VANISHED_MS = 1000

/**
 * Sends an account's moves, one at a time, or several that do not depend on each other side by side.
 *
 * The nonce is always the number of transactions mined so far (and, side by side, those that follow it), never one after
 * those pending. So whatever is sent after a stuck transaction replaces it and does not wait for it; to be accepted as
 * its replacement it offers a quarter more with every attempt. The account must not be used by anyone else meanwhile.
 */
export class Sender {
  readonly #at: SenderParameters
  #last: Promise<unknown> = Promise.resolve()
  /** how often each nonce that is not mined yet was used */
  readonly #attempts = new Map<number, number>()

  constructor(parameters: SenderParameters) {
    this.#at = parameters
  }

  /**
   * Simulates a move, and if it would do something, sends it and waits for it.
   *
   * @throws viem errors when the RPC does not answer; the transaction may or may not have been sent by then
   */
  async send(move: Move): Promise<Outcome> {
    const [outcome] = await this.sendAll([move])
    return outcome as Outcome
  }

  /**
   * Does the same with several moves at once, so that together they take hardly longer than one.
   *
   * For moves only that no other move depends on, and that do nothing when they come late or again: of a lane that got
   * stuck, what no later move replaces may still be mined after it.
   *
   * @param moves most urgent first: where money or the RPC's patience ends, the last ones are refused
   * @returns the outcome of each
   * @throws viem errors when the RPC does not answer; some may or may not have been sent by then
   */
  sendAll(moves: readonly Move[]): Promise<Outcome[]> {
    const outcomes = this.#last.then(() => this.#sendAll(moves))
    this.#last = outcomes.catch(() => {})
    return outcomes
  }

  async #sendAll(moves: readonly Move[]): Promise<Outcome[]> {
    const { client, account, log } = this.#at
    const outcomes: Outcome[] = []
    const ready: { place: number; move: Move; gas: bigint }[] = []
    const estimates = await Promise.all(moves.map((move) => this.#estimate(move)))
    for (const [place, estimate] of estimates.entries()) {
      if (typeof estimate !== 'bigint') outcomes[place] = estimate
      else ready.push({ place, move: moves[place] as Move, gas: estimate })
    }
    if (ready.length === 0) return outcomes

    const [mined, chainId, fees] = await Promise.all([
      client.getTransactionCount({ address: account.address, blockTag: 'latest' }),
      client.getChainId(),
      client.estimateFeesPerGas(),
    ])
    for (const nonce of this.#attempts.keys()) if (nonce < mined) this.#attempts.delete(nonce)
    const sent: (Sent & { place: number })[] = []
    for (const [ahead, { place, move, gas }] of ready.entries()) {
      const nonce = mined + ahead
      try {
        sent.push({ place, nonce, hash: await this.#broadcast(move, { nonce, chainId, gas, ...fees }) })
      } catch (error) {
        if (sent.length === 0) throw error
        // Those after it could not be mined before it.
        const reason = error instanceof BaseError ? error.shortMessage : String(error)
        for (const { place } of ready.slice(ahead)) outcomes[place] = { type: 'refused', reason }
        break
      }
    }
    const ends = await this.#wait(sent)
    for (const [i, { place, hash, nonce }] of sent.entries()) {
      const outcome = ends[i] as Outcome
      outcomes[place] = outcome
      log.debug({ move: moves[place]?.functionName, hash, nonce, outcome: outcome.type }, 'sent a move')
    }
    return outcomes
  }

  /** Simulates a move. @returns the gas it needs, or why it would do nothing */
  async #estimate(move: Move): Promise<bigint | Outcome> {
    const { client, account } = this.#at
    const { address, abi, value, ...call } = this.#callOf(move)
    try {
      // Unprepared: viem would let the RPC fill the transaction in, which estimates on top of what is pending. There the
      // stuck transaction that this one replaces has already done its work.
      const at = { address, abi, account, blockTag: 'latest', prepare: false, value }
      return await client.estimateContractGas({ ...at, ...call } as unknown as EstimateContractGasParameters)
    } catch (error) {
      const reason = refusal(error)
      if (reason === undefined) throw error
      return { type: 'refused', reason }
    }
  }

  async #broadcast(
    move: Move,
    { nonce, chainId, gas, ...fees }: { nonce: number; chainId: number; gas: bigint } & FeesPerGas,
  ): Promise<Hash> {
    const { client, account } = this.#at
    const { address, abi, value, ...call } = this.#callOf(move)
    const bumps = this.#attempts.get(nonce) ?? 0
    // Counted before it is sent: a refusal may be the answer to a transaction that is in the pool already.
    this.#attempts.set(nonce, Math.min(bumps + 1, MAX_BUMPS))
    const bumped = (fee: bigint) => (fee * 5n ** BigInt(bumps)) / 4n ** BigInt(bumps) + BigInt(bumps)
    const serialized = await account.signTransaction({
      type: 'eip1559',
      chainId,
      nonce,
      to: address,
      data: encodeFunctionData({ abi, ...call } as unknown as EncodeFunctionDataParameters),
      value: value ?? 0n,
      // Writing a slot costs more or less by what is in it, and that may change until it is mined: `windowEnd` in the
      // second after the estimate, say. What is not used is not paid.
      gas: (gas * 3n) / 2n + 50_000n,
      maxFeePerGas: bumped(fees.maxFeePerGas),
      maxPriorityFeePerGas: bumped(fees.maxPriorityFeePerGas),
    })
    return client.sendRawTransaction({ serializedTransaction: serialized })
  }

  /** Which contract a move calls, and how. */
  #callOf(move: Move) {
    const { functionName, args } = move
    if ('conviction' in move)
      return { address: move.conviction, abi: convictionAbi, functionName, args, value: undefined }
    return { address: this.#at.contract, abi: gainsayAbi, functionName, args, value: move.value }
  }

  /** Waits for transactions with successive nonces, in the order of these. */
  async #wait(sent: readonly Sent[]): Promise<Outcome[]> {
    const { client, account, timeoutMs = 30_000, pollMs = 250, signal } = this.#at
    const deadline = Date.now() + timeoutMs
    const outcomes: Outcome[] = []
    let unknownSince: number | undefined
    while (outcomes.length < sent.length && Date.now() < deadline && !signal?.aborted) {
      try {
        // In this order: once the nonce is used, the receipt of whatever used it is there, too.
        const mined = await client.getTransactionCount({ address: account.address, blockTag: 'latest' })
        // The first one in any case: it may have been mined meanwhile.
        const waiting = sent.slice(outcomes.length).filter(({ nonce }, i) => nonce < mined || i === 0)
        const receipts = await Promise.all(waiting.map(({ hash }) => ifFound(client.getTransactionReceipt({ hash }))))
        for (const [i, { hash, nonce }] of waiting.entries()) {
          const receipt = receipts[i]
          if (receipt) outcomes.push({ type: receipt.status === 'success' ? 'mined' : 'reverted', hash })
          else if (nonce < mined) outcomes.push({ type: 'lost', hash })
          else break
          unknownSince = undefined
        }
        const next = sent[outcomes.length]
        if (!next) break
        // A reorg may drop what was mined without putting it back into the pool: no use in waiting for it then. Not
        // believed at once, as behind one URL there may be an RPC that has not heard of it yet.
        const known = await ifFound(client.getTransaction({ hash: next.hash }))
        unknownSince = known ? undefined : (unknownSince ?? Date.now())
        if (unknownSince !== undefined && Date.now() - unknownSince >= VANISHED_MS) break
      } catch {
        // The RPC may come back before the time is over.
      }
      await sleep(pollMs, undefined, { signal }).catch(() => {})
    }
    return sent.map(({ hash }, i) => outcomes[i] ?? { type: 'lost', hash })
  }
}

/** A transaction that is on its way. */
interface Sent {
  readonly hash: Hash
  readonly nonce: number
}

/** Wei per gas. */
interface FeesPerGas {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** What an RPC knows about a hash; undefined when it says that there is no such thing. */
async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError || error instanceof TransactionNotFoundError) return undefined
    throw error
  }
}

/** One sentence on why a move would do nothing; undefined when the error is not the contract's or the account's. */
function refusal(error: unknown): string | undefined {
  if (!(error instanceof BaseError)) return undefined
  const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError)
  if (revert instanceof ContractFunctionRevertedError) {
    if (!revert.data) return revert.reason ?? revert.shortMessage
    return `${revert.data.errorName}(${(revert.data.args ?? []).join(', ')})`
  }
  const poor = error.walk((cause) => (cause as Error).name === 'InsufficientFundsError')
  return poor instanceof BaseError ? poor.shortMessage : undefined
}
