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
import { gainsayAbi } from '../abis/Gainsay.ts'
import { rules } from '../protocol/arithmetic/bounds.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import { contractStatuses, nameOf, precisions } from '../protocol/status.ts'
import { decodeTensors } from '../protocol/tensor.ts'
import type { Answer, Answerer } from './answerer.ts'
import { type DemandedPart, Demands } from './demands.ts'
import { refuseUndefendable, refuseUnfit } from './fit.ts'
import { dueDemands, type NextMove, nextMove } from './next-move.ts'
import { bytesOf, type FetchBytes, type Payload } from './payload.ts'
import { type Move, Sender } from './sender.ts'
import { sentence } from './sentence.ts'
import { onceDone, type Work, workOn } from './work.ts'

/** What a {@link ReferenceNode} needs. */
export interface NodeParameters {
  readonly client: PublicClient<Transport, Chain | undefined>
  /** signs what the node sends; nobody else may use it meanwhile */
  readonly account: LocalAccount
  /** the Gainsay contract */
  readonly contract: `0x${string}`
  readonly answerer: Answerer
  /** gets the bytes of a model or an input; the node checks their hash itself */
  readonly fetchBytes: FetchBytes
  /** makes bytes available to everybody and says where */
  readonly publish: (bytes: Uint8Array) => Promise<string>
  readonly log: Logger
  /**
   * Hashes of the models it serves; all models if not given. Anybody can register a model and name this node, and a
   * hostile model can take its process down, so leave this out on a private chain only.
   */
  readonly models?: ReadonlySet<Hex>
  /** for how many unsettled results at a time the node keeps bond; 4 if not given */
  readonly bondFor?: number
  /** first block in which a request may be: the contract's deployment or later; 0 if not given */
  readonly startBlock?: bigint
  /** milliseconds between looks at the chain; 250 if not given */
  readonly pollMs?: number
  /** milliseconds after which a transaction that is in no block counts as lost; 30,000 if not given */
  readonly timeoutMs?: number
}

/** What a node answered, by its own account: the ground truth of a demo. */
export interface AnswerRecord {
  readonly requestId: Hex
  readonly resultId: Hex
  /** name of the cheat; null for an honest answer */
  readonly dishonest: string | null
}

/** How many blocks back requests are looked for again and settled ones still watched: a reorg this deep is noticed. */
export const RESCAN_BLOCKS = 64n

const LOG_RANGE = 2_000n
/** How many demands are answered side by side: what RPCs commonly hold of one account. */
const LANE = 64
const MAX_RETRY_MS = 10_000
const urgency = { supply: 0, reveal: 1, post: 2, finalize: 3, settle: 4 } as const
type UrgentMove = keyof typeof urgency

interface Tracked {
  readonly requestId: Hex
  /** seconds of chain time */
  readonly deadline: bigint
  readonly work: Work
  input: Payload
  /** last block in which it was unsettled */
  openAt: bigint
  failures: number
  /** wall clock in ms before which nothing is tried again */
  retryAt: number
}

interface Due {
  readonly request: Tracked
  readonly move: UrgentMove
  readonly resultId: Hex
  /** what to supply, or whose fees to settle; most urgent first */
  readonly demands: readonly DemandedPart[]
  /** second of chain time that it is about */
  readonly before: bigint
}

/**
 * A node that answers the requests naming it: posts results, reveals its trace when challenged, supplies what is demanded
 * of it, finalizes, is paid.
 *
 * It acts on what the chain says now and on nothing it remembers, so that a restart, a reorg or a transaction that
 * vanished needs no repair: at the next block it looks again and does what is left to do. What it does keep (computed
 * answers) it can compute again.
 */
export class ReferenceNode {
  readonly #at: NodeParameters
  readonly #log: Logger
  readonly #contract: GetContractReturnType<typeof gainsayAbi, PublicClient<Transport, Chain | undefined>>
  readonly #sender: Sender
  readonly #abort = new AbortController()
  readonly #requests = new Map<Hex, Tracked>()
  readonly #records = new Map<Hex, AnswerRecord>()
  readonly #foreign = new Set<Hex>()
  readonly #models = new Map<Hex, () => Promise<ServedModel>>()
  readonly #parameters = onceDone(() => this.#contract.read.parameters())
  readonly #demands = onceDone(async () => {
    const { conviction } = await this.#parameters()
    return BigInt(conviction) === 0n ? undefined : new Demands(this.#at.client, conviction)
  })
  #loop: Promise<void> | undefined
  #scannedTo: bigint | undefined
  #seenBlock: Hex | undefined
  #trouble = ''

  constructor(parameters: NodeParameters) {
    const { client, account, contract, timeoutMs, pollMs } = parameters
    this.#at = parameters
    this.#log = parameters.log.child({ node: account.address })
    this.#contract = getContract({ address: contract, abi: gainsayAbi, client })
    const signal = this.#abort.signal
    this.#sender = new Sender({ client, account, contract, log: this.#log, timeoutMs, pollMs, signal })
  }

  /** The account that requests must name. */
  get address(): `0x${string}` {
    return this.#at.account.address
  }

  /** Starts working, in the background. Failures are logged and tried again; none of them ends the work. */
  start(): void {
    this.#loop ??= this.#run()
  }

  /**
   * Finishes the step in hand and stops for good. Nothing that is open gets settled; another node with this account can
   * go on from here.
   *
   * @param options.withdraw whether to take out what the contract owes
   */
  async stop({ withdraw = false } = {}): Promise<void> {
    try {
      if (withdraw) await this.withdraw()
    } finally {
      this.#abort.abort()
      await this.#loop
    }
  }

  /**
   * Takes out what the contract owes this account, while the node is working.
   *
   * @returns wei taken out; zero when there was nothing or it did not come through
   */
  async withdraw(): Promise<bigint> {
    const credit = await this.#contract.read.creditOf([this.address])
    if (credit === 0n) return 0n
    const outcome = await this.#sender.send({ functionName: 'withdraw', args: [this.address] })
    return outcome.type === 'mined' ? credit : 0n
  }

  /** What this node answered and then saw on chain. Results that a reorg removed for good stay in it. */
  answers(): AnswerRecord[] {
    return [...this.#records.values()]
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted) {
      const moved = await this.#poll().catch((error: unknown) =>
        this.#say(`cannot follow the chain: ${sentence(error)}`),
      )
      if (!moved) await sleep(this.#at.pollMs ?? 250, undefined, { signal }).catch(() => {})
    }
  }

  /** Looks at the latest block and makes at most one move, the most urgent. @returns whether it made one */
  async #poll(): Promise<boolean> {
    const block = await this.#at.client.getBlock({ blockTag: 'latest' })
    // Between blocks there is nothing new to decide on.
    if (block.hash === this.#seenBlock) return false

    await this.#scan(block.number)
    if (!this.#seenBlock && (await this.#fillBondAtStart())) return true
    const dues: Due[] = []
    const results = new Set<Hex>()
    for (const request of [...this.#requests.values()]) {
      const due = await this.#look(request, block, results)
      if (due) dues.push(due)
    }
    const demands = await this.#demands()
    demands?.keep(results)
    dues.sort((a, b) => urgency[a.move] - urgency[b.move] || Number(a.before - b.before))
    for (const due of dues) {
      if (this.#abort.signal.aborted) return false
      if (await this.#try(due.request, () => this.#act(due))) return true
    }
    const retrying = [...this.#requests.values()].some(({ retryAt }) => retryAt > Date.now())
    if (!retrying) this.#seenBlock = block.hash
    this.#say('')
    return false
  }

  /** Finds requests and demands, each time among the last blocks again: a reorg may have brought others. */
  async #scan(head: bigint): Promise<void> {
    const { client, contract: address, startBlock = 0n } = this.#at
    const demands = await this.#demands()
    const again = this.#scannedTo === undefined ? startBlock : min(this.#scannedTo, head) - RESCAN_BLOCKS
    for (let fromBlock = max(startBlock, again); fromBlock <= head; fromBlock += LOG_RANGE) {
      const range = { fromBlock, toBlock: min(fromBlock + LOG_RANGE - 1n, head), strict: true } as const
      const logs = await client.getContractEvents({ address, abi: gainsayAbi, eventName: 'Requested', ...range })
      for (const { args } of logs) {
        if (args.node.toLowerCase() !== this.address.toLowerCase()) continue
        const known = this.#requests.get(args.requestId)
        // The id commits to the input's hash and URI, but not to whether the bytes came along.
        if (known) known.input = args.input
        else this.#requests.set(args.requestId, this.#track(args, head))
      }
      await demands?.scan(range)
    }
    this.#scannedTo = head
  }

  #track(
    { requestId, modelId, deadline, input }: { requestId: Hex; modelId: Hex; deadline: bigint; input: Payload },
    openAt: bigint,
  ): Tracked {
    const compute = () => this.#compute(requestId, modelId, tracked.input)
    const work = workOn(compute, this.#at.publish)
    const tracked: Tracked = { requestId, deadline, work, input, openAt, failures: 0, retryAt: 0 }
    return tracked
  }

  /** @param results gets the request's result */
  async #look(
    request: Tracked,
    block: { number: bigint; timestamp: bigint },
    results: Set<Hex>,
  ): Promise<Due | undefined> {
    const { requestId, deadline } = request
    const at = { blockNumber: block.number }
    const { status: value, resultId } = await this.#contract.read.requestOf([requestId], at)
    const posted = BigInt(resultId) !== 0n
    const windowEnd = posted ? (await this.#contract.read.resultOf([resultId], at)).windowEnd : 0n
    const status = nameOf(contractStatuses, value)
    const demands = posted ? ((await (await this.#demands())?.of(resultId, at)) ?? []) : []
    if (posted) results.add(resultId)
    const move = nextMove({ status, deadline, windowEnd, demands }, block.timestamp)
    if (move === 'over') request.work.release()

    // What is settled, or not on this branch, may come back until its blocks are too deep for a reorg.
    if (move !== 'over' && status !== 'none') request.openAt = block.number
    else if (block.number > request.openAt + RESCAN_BLOCKS) this.#requests.delete(requestId)

    if (request.retryAt > Date.now()) return undefined
    if (posted && !this.#records.has(resultId)) await this.#try(request, () => this.#record(request, resultId))
    if (!isUrgent(move)) return undefined
    const due = move === 'supply' || move === 'settle' ? dueDemands(move, demands, block.timestamp) : []
    return { request, move, resultId, demands: due, before: due[0]?.until ?? (posted ? windowEnd : deadline) }
  }

  /** Notes what a result on chain is, if it is what this node answers: also one that it posted before a restart. */
  async #record({ requestId, work }: Tracked, resultId: Hex): Promise<false> {
    const { hash, uri } = await work.output()
    const { dishonest } = await work.answer()
    const own = await this.#contract.read.resultIdOf([requestId, this.address, hash, uri])
    if (own === resultId) this.#records.set(resultId, { requestId, resultId, dishonest })
    else if (!this.#foreign.has(resultId)) {
      // Never noted as something it is not: whoever counts sees that one is missing.
      this.#foreign.add(resultId)
      this.#log.error({ requestId, resultId }, 'what this account posted is not what this node answers')
    }
    return false
  }

  /** @returns whether a move was made, so that the chain has to be looked at again */
  async #act({ request, move, resultId, demands }: Due): Promise<boolean> {
    const { requestId, work } = request
    switch (move) {
      case 'post': {
        const output = await work.output()
        if (await this.#fillBondToPost()) return true
        return this.#send(request, { functionName: 'post', args: [requestId, output] })
      }
      case 'reveal': {
        if (!(await work.answer()).reveal) return false
        const { root, uri } = await work.reveal()
        return this.#send(request, { functionName: 'reveal', args: [resultId, root, uri] })
      }
      case 'supply': {
        if (!(await work.answer()).publishes) return false
        const { conviction } = await this.#parameters()
        const moves: Move[] = []
        for (const { demandId, part } of demands.slice(0, LANE))
          moves.push({ conviction, functionName: 'supply', args: [demandId, await work.supply(part)] })
        return this.#send(request, ...moves)
      }
      case 'finalize':
        return this.#send(request, { functionName: 'finalize', args: [resultId] })
      case 'settle': {
        const { conviction } = await this.#parameters()
        const moves = demands
          .slice(0, LANE)
          .map(({ demandId }): Move => ({ conviction, functionName: 'settleDemand', args: [demandId] }))
        return this.#send(request, ...moves)
      }
      default:
        return assertUnreachable(move)
    }
  }

  /** Sends moves side by side. @throws if every one of them is refused */
  async #send(request: Tracked, ...moves: readonly Move[]): Promise<boolean> {
    const { requestId } = request
    const refusals = new Set<string>()
    let sent = 0
    for (const [i, outcome] of (await this.#sender.sendAll(moves)).entries()) {
      const name = moves[i]?.functionName
      if (outcome.type === 'refused') refusals.add(`${name} is refused: ${outcome.reason}`)
      else {
        this.#log.info({ requestId, hash: outcome.hash }, `${name} is ${outcome.type}`)
        sent++
      }
    }
    const refused = [...refusals].join('; ')
    if (sent === 0) throw new Error(refused)
    // What is refused though others are not is looked at again with the next block.
    if (refused) this.#log.warn({ requestId }, refused)
    request.failures = 0
    return true
  }

  /** Bonds for `bondFor` results. Without the money the node goes on: what is posted must be revealed and finalized. */
  async #fillBondAtStart(): Promise<boolean> {
    const missing = await this.#missingBond()
    if (missing.forAll <= 0n) return false
    return this.#bond(missing.forAll).catch((error: unknown) => this.#say(sentence(error)))
  }

  /** Before a post: bonds for it if there is no free bond, and for what was slashed since. */
  async #fillBondToPost(): Promise<boolean> {
    const missing = await this.#missingBond()
    return missing.forOne > 0n && this.#bond(max(missing.forOne, missing.forAll))
  }

  async #missingBond(): Promise<{ forOne: bigint; forAll: bigint }> {
    const { read } = this.#contract
    const { nodeBond: each } = await this.#parameters()
    const [free, locked] = await Promise.all([read.freeBondOf([this.address]), read.lockedBondOf([this.address])])
    return { forOne: each - free, forAll: each * BigInt(this.#at.bondFor ?? 4) - free - locked }
  }

  async #bond(value: bigint): Promise<true> {
    const outcome = await this.#sender.send({ functionName: 'bond', args: [], value })
    if (outcome.type === 'refused') throw new Error(`cannot bond ${value} wei: ${outcome.reason}`)
    this.#log.info({ value: `${value}`, hash: outcome.hash }, `bond is ${outcome.type}`)
    return true
  }

  /** Makes a step for one request. If it fails, that is said and tried again later, and the other requests go on. */
  async #try(request: Tracked, step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step()
    } catch (error) {
      const ms = Math.min(1000 * 2 ** request.failures++, MAX_RETRY_MS)
      request.retryAt = Date.now() + ms
      this.#log.warn({ requestId: request.requestId, retryMs: ms }, sentence(error))
      return false
    }
  }

  async #compute(requestId: Hex, modelId: Hex, input: Payload): Promise<Answer> {
    const known = this.#models.get(modelId) ?? onceDone(() => this.#fetchModel(modelId))
    this.#models.set(modelId, known)
    const model = await known()
    const inputs = decodeTensors(await bytesOf(input, this.#at.fetchBytes))
    refuseUnfit(committedModel(model.model).graph, inputs)
    return this.#at.answerer.answer({ requestId, modelId, ...model, inputs })
  }

  async #fetchModel(modelId: Hex): Promise<ServedModel> {
    const { modelHash, uri, precision, tolerance, rule, graphRoot } = await this.#contract.read.modelOf([modelId])
    if (this.#at.models && !this.#at.models.has(modelHash))
      throw new Error(`this node does not serve model ${modelHash}`)
    const model = await bytesOf({ hash: modelHash, uri, data: '0x' }, this.#at.fetchBytes)
    refuseUndefendable(committedModel(model).graph, { rule: nameOf(rules, rule), graphRoot })
    return { modelHash, model, precision: nameOf(precisions, precision), tolerance: Number(tolerance) / 1e18 }
  }

  /** Says what is wrong with following the chain once, not at every look. */
  #say(trouble: string): false {
    if (trouble !== this.#trouble) {
      if (trouble) this.#log.warn(`${trouble}; trying again`)
      else this.#log.info('following the chain again')
    }
    this.#trouble = trouble
    return false
  }
}

type ServedModel = Pick<Parameters<Answerer['answer']>[0], 'modelHash' | 'model' | 'precision' | 'tolerance'>

function isUrgent(move: NextMove): move is UrgentMove {
  return Object.hasOwn(urgency, move)
}

function assertUnreachable(move: never): never {
  throw new RangeError(`unknown move ${move}`)
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
