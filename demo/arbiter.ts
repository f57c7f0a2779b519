import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  type Chain,
  type GetContractReturnType,
  getContract,
  type Hex,
  type LocalAccount,
  type PublicClient,
  type Transport,
} from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { bytesOf, type FetchBytes, type Payload } from '../node/payload.ts'
import { Sender } from '../node/sender.ts'
import { sentence } from '../node/sentence.ts'
import { onceDone } from '../node/work.ts'
import { contractStatuses, nameOf, precisions } from '../protocol/status.ts'
import { judge } from './judge.ts'
import { squashingOf } from './models.ts'

/** What an {@link Arbiter} needs. */
export interface ArbiterParameters {
  readonly client: PublicClient<Transport, Chain | undefined>
  /** the arbiter that models name; nobody else may use it meanwhile */
  readonly account: LocalAccount
  /** the Gainsay contract */
  readonly contract: `0x${string}`
  /** the conviction contract, where it is appealed to; if not given it looks at every revealed result */
  readonly conviction?: `0x${string}`
  readonly fetchBytes: FetchBytes
  readonly log: Logger
  /** the block of the contract's deployment or an earlier one; 0 if not given */
  readonly startBlock?: bigint
  /** milliseconds between looks at the chain; 250 if not given */
  readonly pollMs?: number
}

/** How many blocks back reveals are looked for again: a reorg this deep is noticed. */
const RESCAN_BLOCKS = 64n
const MAX_RETRY_MS = 10_000

interface Dispute {
  readonly resultId: Hex
  /** why the posted output is wrong; undefined when it is not, or nobody can tell */
  readonly wrong: () => Promise<string | undefined>
  failures: number
  retryAt: number
}

/**
 * Who rules where the contract cannot decide: computes every result that somebody appeals about, of the models that name
 * it, again, and rules against those that are wrong. Silent otherwise.
 *
 * Like a node it acts on what the chain says now, so that a restart or a reorg needs no repair. What it found out about
 * a result stays true whatever the chain does, as the result's id commits to model, input and output.
 */
export class Arbiter {
  readonly #at: ArbiterParameters
  readonly #log: Logger
  readonly #contract: GetContractReturnType<typeof gainsayAbi, PublicClient<Transport, Chain | undefined>>
  readonly #sender: Sender
  readonly #abort = new AbortController()
  readonly #disputes = new Map<Hex, Dispute>()
  #loop: Promise<void> | undefined
  #scannedTo: bigint | undefined
  #seenBlock: Hex | undefined
  #trouble = ''

  constructor(parameters: ArbiterParameters) {
    const { client, account, contract, pollMs } = parameters
    this.#at = parameters
    this.#log = parameters.log.child({ arbiter: account.address })
    this.#contract = getContract({ address: contract, abi: gainsayAbi, client })
    this.#sender = new Sender({ client, account, contract, log: this.#log, pollMs, signal: this.#abort.signal })
  }

  /** Starts working, in the background. Failures are logged and tried again; none of them ends the work. */
  start(): void {
    this.#loop ??= this.#run()
  }

  /** Finishes the step in hand and stops for good. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted) {
      const ruled = await this.#poll().catch((error: unknown) => this.#say(sentence(error)))
      if (!ruled) await sleep(this.#at.pollMs ?? 250, undefined, { signal }).catch(() => {})
    }
  }

  /** Looks at the latest block and makes at most one ruling. @returns whether it made one */
  async #poll(): Promise<boolean> {
    const block = await this.#at.client.getBlock({ blockTag: 'latest' })
    if (block.hash === this.#seenBlock) return false
    await this.#scan(block.number)
    for (const dispute of this.#disputes.values()) {
      if (this.#abort.signal.aborted) return false
      if (dispute.retryAt > Date.now()) continue
      if (await this.#try(dispute, () => this.#decide(dispute, block))) return true
    }
    const retrying = [...this.#disputes.values()].some(({ retryAt }) => retryAt > Date.now())
    if (!retrying) this.#seenBlock = block.hash
    this.#say('')
    return false
  }

  /** Finds what it is called on to decide. Forgets what it has not seen for so long that no reorg reaches it. */
  async #scan(head: bigint): Promise<void> {
    const { client, contract: address, startBlock = 0n } = this.#at
    const again = (this.#scannedTo === undefined || this.#scannedTo > head ? head : this.#scannedTo) - RESCAN_BLOCKS
    const fromBlock = this.#scannedTo !== undefined && again > startBlock ? again : startBlock
    const range = { fromBlock, toBlock: head, strict: true } as const
    const { conviction } = this.#at
    const logs = conviction
      ? await client.getContractEvents({
          ...{ address: conviction, abi: convictionAbi, eventName: 'Appealed' as const },
          ...range,
        })
      : await client.getContractEvents({ address, abi: gainsayAbi, eventName: 'Revealed', ...range })
    const seen = new Set(logs.map(({ args }) => args.resultId))
    for (const id of this.#disputes.keys()) if (!seen.has(id)) this.#disputes.delete(id)
    for (const resultId of seen) {
      if (this.#disputes.has(resultId)) continue
      const wrong = onceDone(() => this.#judge(resultId))
      this.#disputes.set(resultId, { resultId, wrong, failures: 0, retryAt: 0 })
    }
    this.#scannedTo = head
  }

  async #decide({ resultId, wrong }: Dispute, block: { number: bigint; timestamp: bigint }): Promise<boolean> {
    const { read } = this.#contract
    const at = { blockNumber: block.number }
    if (nameOf(contractStatuses, await read.statusOf([resultId], at)) !== 'revealed') return false
    const { windowEnd } = await read.resultOf([resultId], at)
    if (block.timestamp >= windowEnd) return false
    const why = await wrong()
    if (why === undefined) return false
    const outcome = await this.#sender.send({ functionName: 'rule', args: [resultId] })
    if (outcome.type === 'refused') throw new Error(`rule is refused: ${outcome.reason}`)
    this.#log.info({ resultId, hash: outcome.hash, why }, `rule is ${outcome.type}`)
    return true
  }

  async #judge(resultId: Hex): Promise<string | undefined> {
    const { read } = this.#contract
    const { requestId } = await read.resultOf([resultId])
    const { modelId } = await read.requestOf([requestId])
    const terms = await read.modelOf([modelId])
    if (terms.arbiter.toLowerCase() !== this.#at.account.address.toLowerCase()) return undefined
    const { input, output } = await this.#payloads(requestId, resultId)
    const { fetchBytes } = this.#at
    const [model, inputBytes, outputBytes] = await Promise.all([
      bytesOf({ hash: terms.modelHash, uri: terms.uri, data: '0x' }, fetchBytes),
      bytesOf(input, fetchBytes),
      bytesOf(output, fetchBytes),
    ])
    const judgement = await judge({
      ...{ model, inputBytes, outputBytes },
      precision: nameOf(precisions, terms.precision),
      tolerance: Number(terms.tolerance) / 1e18,
      squashing: squashingOf(terms.modelHash),
    })
    this.#log.info({ resultId, ...judgement }, `the result is ${judgement.type}`)
    return judgement.type === 'wrong' ? judgement.reason : undefined
  }

  async #payloads(requestId: Hex, resultId: Hex): Promise<{ input: Payload; output: Payload }> {
    const { client, contract: address, startBlock: fromBlock = 0n } = this.#at
    const all = { address, abi: gainsayAbi, fromBlock, strict: true } as const
    const [[requested], [posted]] = await Promise.all([
      client.getContractEvents({ ...all, eventName: 'Requested', args: { requestId } }),
      client.getContractEvents({ ...all, eventName: 'Posted', args: { resultId } }),
    ])
    if (!requested || !posted) throw new Error(`the chain has no request or no result for ${resultId}`)
    return { input: requested.args.input, output: posted.args.output }
  }

  /** Makes a step for one dispute. If it fails, that is said and tried again later, and the others go on. */
  async #try(dispute: Dispute, step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step()
    } catch (error) {
      const ms = Math.min(1000 * 2 ** dispute.failures++, MAX_RETRY_MS)
      dispute.retryAt = Date.now() + ms
      this.#log.warn({ resultId: dispute.resultId, retryMs: ms }, sentence(error))
      return false
    }
  }

  /** Says what is wrong with following the chain once, not at every look. */
  #say(trouble: string): false {
    if (trouble !== this.#trouble) this.#log.warn(trouble ? `${trouble}; trying again` : 'following the chain again')
    this.#trouble = trouble
    return false
  }
}
