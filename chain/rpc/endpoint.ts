import {
  BaseError,
  createPublicClient,
  custom,
  HttpRequestError,
  http,
  type PublicClient,
  TimeoutError,
  type Transport,
  webSocket,
} from 'viem'
import { checkAnswer, type RpcRequest } from './check-answer.ts'
import { type Fault, faultOf, WrongChainError } from './fault.ts'
import type { EndpointHealth, EndpointOptions } from './health.ts'
import { maskUrl } from './mask.ts'
import { Pace } from './pace.ts'
import { afterAnswer, afterFault, afterLie, type Condition, retryAfterMs, WELL } from './rest.ts'

/** Weight of the newest latency in the average. */
const NEWEST = 0.2

/**
 * One JSON-RPC endpoint: paced, timed, its answers checked, its URL in no error. It refuses nothing by itself; who asks
 * looks at {@link isResting} first.
 */
export class Endpoint {
  readonly name: string
  /** Asks this endpoint alone. */
  readonly client: PublicClient
  block: bigint | null = null
  /** whether block parameters may be given as hashes (EIP-1898); false once it has refused one */
  takesHashes = true
  readonly #url: string
  readonly #options: EndpointOptions
  readonly #transport: ReturnType<Transport>
  readonly #pace: Pace | undefined
  #condition: Condition = WELL
  #latencyMs: number | null = null
  #errors = 0
  #requests = 0
  #isOnChain = false
  #checking: Promise<void> | undefined

  constructor(url: string, name: string, options: EndpointOptions) {
    this.#url = url
    this.name = name
    this.#options = options
    this.#transport = this.#open()
    this.#pace = options.rate ? new Pace(options.rate) : undefined
    const request = (args: RpcRequest) => this.request(args)
    this.client = createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 })
  }

  /** Whether it should be left alone now. */
  get isResting(): boolean {
    return this.#condition.restUntil > performance.now()
  }

  /** Whether requests wait for its rate limit. */
  get isBusy(): boolean {
    return this.#pace?.isBusy ?? false
  }

  /** Milliseconds until it may be asked again; infinite while it is quarantined. */
  get restMs(): number {
    if (!this.isResting) return 0
    return this.#condition.resting === 'quarantined'
      ? Number.POSITIVE_INFINITY
      : this.#condition.restUntil - performance.now()
  }

  /**
   * Asks once.
   *
   * @throws viem's errors; {@link faultOf} tells the endpoint's from the chain's
   */
  async request(args: RpcRequest): Promise<unknown> {
    // Without a pause where nothing is to be waited for, so that who chooses among endpoints sees this one's rate used up.
    if (!this.#isOnChain && args.method !== 'eth_chainId') await this.#checkChain()
    return this.#ask(args)
  }

  /** Leaves it alone for a while, because others have shown that it does not tell the truth. */
  quarantine(reason: string): void {
    this.#become(afterLie(this.#condition, reason, performance.now()))
  }

  /** Counts something that was not an answer as an error of it. */
  suspect(fault: Fault): void {
    this.#errors++
    this.#become(afterFault(this.#condition, fault, performance.now()))
  }

  health(head: bigint | null): EndpointHealth {
    const { resting, failing, reason } = this.#condition
    const rests = this.isResting
    return {
      name: this.name,
      state: !rests ? 'up' : resting === 'limited' ? 'limited' : 'down',
      latencyMs: this.#latencyMs === null ? null : Math.round(this.#latencyMs),
      errors: this.#errors,
      consecutiveErrors: failing,
      requests: this.#requests,
      block: this.block,
      lag: this.block === null || head === null ? null : head > this.block ? head - this.block : 0n,
      reason: rests ? reason : null,
    }
  }

  async #ask(args: RpcRequest): Promise<unknown> {
    this.#requests++
    try {
      await this.#pace?.turn()
      const answer = await this.#timed(args)
      checkAnswer(args, answer)
      this.#become(afterAnswer(this.#condition, performance.now()))
      this.#learn(args, answer)
      return answer
    } catch (error) {
      const fault = faultOf(error)
      if (fault) {
        if (fault !== 'behind' && fault !== 'unsupported') this.#errors++
        this.#become(afterFault(this.#condition, fault, performance.now(), pauseOf(error)))
      } else this.#become(afterAnswer(this.#condition, performance.now()))
      throw maskUrl(error, this.#url, this.name)
    }
  }

  /** viem's own timeout ends with the headers; a body that never comes would hold a round for ever. */
  async #timed(args: RpcRequest): Promise<unknown> {
    const start = performance.now()
    const timeout = this.#options.timeoutMs ?? 10_000
    const controller = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new TimeoutError({ body: { method: args.method }, url: this.name }))
        controller.abort()
      }, timeout)
    })
    try {
      return await Promise.race([this.#transport.request(args as never, { signal: controller.signal }), late])
    } finally {
      clearTimeout(timer)
      const ms = performance.now() - start
      this.#latencyMs = this.#latencyMs === null ? ms : this.#latencyMs * (1 - NEWEST) + ms * NEWEST
    }
  }

  /** Once, and again whenever it comes back from being down: what answers then may be another node. */
  #checkChain(): Promise<void> {
    this.#checking ??= this.#ask({ method: 'eth_chainId' })
      .then((answer) => {
        const chainId = Number(answer)
        this.#isOnChain = chainId === this.#options.chainId
        if (this.#isOnChain) return
        this.quarantine(`it is on chain ${chainId}`)
        throw new WrongChainError(chainId)
      })
      .finally(() => {
        this.#checking = undefined
      })
    return this.#checking
  }

  #learn({ method, params }: RpcRequest, answer: unknown): void {
    if (method === 'eth_blockNumber') this.block = BigInt(answer as string)
    else if (method === 'eth_getBlockByNumber' && Array.isArray(params) && params[0] === 'latest' && answer)
      this.block = BigInt((answer as { number: string }).number)
  }

  #become(condition: Condition): void {
    const before = this.#condition
    this.#condition = condition
    if (condition.resting === 'down' || condition.resting === 'quarantined') this.#isOnChain = false
    if (condition.resting === before.resting && condition.lies === before.lies) return
    this.#options.notice?.(this.name, condition.reason ?? 'it answers again')
  }

  #open(): ReturnType<Transport> {
    const timeout = this.#options.timeoutMs ?? 10_000
    const transport = this.#url.startsWith('ws')
      ? webSocket(this.#url, { timeout, retryCount: 0 })
      : http(this.#url, {
          ...{ timeout, retryCount: 0 },
          // Where the body is JSON-RPC, viem would say nothing of HTTP's status and headers.
          onFetchResponse: ({ status, headers }) => {
            if (status === 429) throw new HttpRequestError({ status, headers, url: this.name })
          },
        })
    return transport({ retryCount: 0, timeout })
  }
}

/** The pause that a refusal asks for, in milliseconds. */
function pauseOf(error: unknown): number | undefined {
  if (!(error instanceof BaseError)) return undefined
  const refusal = error.walk((one) => one instanceof HttpRequestError) as HttpRequestError | null
  return retryAfterMs(refusal?.headers?.get('retry-after') ?? null, Date.now())
}
