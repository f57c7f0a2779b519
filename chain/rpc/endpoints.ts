import { setTimeout as sleep } from 'node:timers/promises'
import { BaseError, custom, type Transport } from 'viem'
import type { RpcRequest } from './check-answer.ts'
import { Endpoint } from './endpoint.ts'
import { type Fault, faultOf } from './fault.ts'
import type { EndpointHealth, EndpointOptions } from './health.ts'
import { hostOf } from './mask.ts'
import { isAboutLatest, neededBlock } from './what-is-asked.ts'

/** Thrown when no endpoint can be asked now, or too few to agree. Worth a retry. */
export class EndpointsError extends Error {
  override name = 'EndpointsError'
}

/** How several endpoints are used as one. */
export interface EndpointsOptions extends EndpointOptions {
  /** an endpoint this many blocks behind the head is not asked for the latest state; 5 if not given */
  lagBlocks?: number | undefined
}

/** How long what endpoints say of their heads is relied on. */
const HEADS_MS = 1000
/** How long their heads are waited for: a slow one is not worth a round. */
const HEADS_WAIT_MS = 1500
/** How long a request waits for endpoints that all rest: a hiccup must not fail it, and a long pause must not hold it. */
const PATIENCE_MS = 2000

/**
 * Several JSON-RPC endpoints as one: the first in the order given that is well, and the next one when it fails.
 *
 * viem's `fallback` does that much and ranks by a ping, but asks an endpoint that said "in a minute" at once again, knows
 * nothing of heads and chain ids, takes a JSON-RPC error of a broken proxy for an answer, and its ranking never stops. So
 * viem's transports are the basis here, and the choice among them is ours.
 */
export class Endpoints {
  readonly all: readonly Endpoint[]
  readonly #lagBlocks: bigint
  #headsAt = Number.NEGATIVE_INFINITY
  #heads: Promise<void> | undefined

  /** @param urls http(s) or ws(s); the same one twice is one endpoint */
  constructor(urls: readonly string[], options: EndpointsOptions) {
    const distinct = [...new Set(urls)]
    const hosts = distinct.map(hostOf)
    this.all = distinct.map((url, i) => {
      const host = hosts[i] as string
      const shared = hosts.filter((one) => one === host).length > 1
      const name = shared ? `${host}#${hosts.slice(0, i + 1).filter((one) => one === host).length}` : host
      return new Endpoint(url, name, options)
    })
    this.#lagBlocks = BigInt(options.lagBlocks ?? 5)
  }

  /** A transport over all of them, for any viem client. */
  get transport(): Transport {
    return custom({ request: (args: RpcRequest) => this.request(args) }, { retryCount: 0 })
  }

  health(): EndpointHealth[] {
    const head = this.head
    return this.all.map((endpoint) => endpoint.health(head))
  }

  /**
   * The head that they show together: the highest block that two of them know, since one alone may make heads up. Of two,
   * the higher: which of them is wrong cannot be told, and the lower one may be hours old.
   */
  get head(): bigint | null {
    const blocks = this.all
      .filter(({ isResting }) => !isResting)
      .flatMap(({ block }) => (block === null ? [] : [block]))
    blocks.sort((a, b) => (a < b ? 1 : -1))
    return (blocks.length > 2 ? blocks[1] : blocks[0]) ?? null
  }

  /** What each is like, in words that stay the same while it is, and so can be told once. */
  describe(): string {
    return this.all
      .map((one) => `${one.name} ${one.health(null).reason ?? (this.isStale(one) ? 'is behind' : 'is well')}`)
      .join('; ')
  }

  /** Whether an endpoint is too far behind the head to be asked for the latest state. */
  isStale({ block }: Endpoint): boolean {
    const { head } = this
    return block !== null && head !== null && block + this.#lagBlocks < head
  }

  /** Those that can be asked for the latest state now. */
  able(): Endpoint[] {
    return this.all.filter((one) => !one.isResting && !this.isStale(one) && one.block !== null)
  }

  /** Waits for endpoints that rest a short while, and asks for heads again; false when none does. */
  async awaken(): Promise<boolean> {
    const rests = this.all.map(({ restMs }) => restMs).filter((ms) => ms > 0 && ms <= PATIENCE_MS)
    if (rests.length === 0) return false
    await sleep(Math.max(...rests))
    await this.refreshHeads(0)
    return true
  }

  /** Asks all for their heads, if that has not just been done. It is also what finds out that one works again. */
  async refreshHeads(maxAgeMs = HEADS_MS): Promise<void> {
    if (performance.now() - this.#headsAt < maxAgeMs) return
    this.#heads ??= this.#askHeads().finally(() => {
      this.#headsAt = performance.now()
      this.#heads = undefined
    })
    return this.#heads
  }

  /**
   * Asks the endpoints in turn until one answers. What the chain itself says, a revert too, is an answer; a signed
   * transaction goes to all of them.
   *
   * @throws EndpointsError when none can be asked now; else the last one's error
   */
  async request(args: RpcRequest): Promise<unknown> {
    if (args.method === 'eth_sendRawTransaction') return this.#tellAll(args)
    const latest = isAboutLatest(args)
    const needed = neededBlock(args)
    if (this.all.length > 1 && (latest || needed !== null)) await this.refreshHeads()
    const lacking = new Set<Endpoint>()
    const tried = new Set<Endpoint>()
    let last: unknown
    let isMissing = false
    for (let attempt = 0; attempt < Math.max(3, this.all.length + 1); attempt++) {
      const endpoint = this.#choose(tried, lacking, latest, needed)
      if (!endpoint || endpoint.restMs > PATIENCE_MS) break
      if (endpoint.restMs > 0) await sleep(endpoint.restMs)
      tried.add(endpoint)
      try {
        const answer = await endpoint.request(args)
        if (answer !== null) return answer
        // What one endpoint has not got yet, another may have: a block named by its hash, a receipt.
        isMissing = true
        lacking.add(endpoint)
      } catch (error) {
        const fault = faultOf(error)
        if (!fault) throw error
        if (lacks(fault)) lacking.add(endpoint)
        last = error
      }
    }
    if (isMissing) return null
    throw last ?? this.#noneError()
  }

  /** The one to ask next; when all rest, the one that does so for the shortest time. */
  #choose(
    tried: Set<Endpoint>,
    lacking: ReadonlySet<Endpoint>,
    latest: boolean,
    needed: bigint | null,
  ): Endpoint | undefined {
    const possible = this.all.filter((one) => !lacking.has(one) && !(latest && this.isStale(one)))
    const knowing = possible.filter(({ block }) => needed === null || block === null || block >= needed)
    const candidates = knowing.length > 0 ? knowing : possible
    const ready = candidates.filter((one) => !one.isResting)
    const untried = ready.filter((one) => !tried.has(one))
    const [first] = untried.filter(({ isBusy }) => !isBusy).concat(untried, ready)
    return first ?? [...candidates].sort((a, b) => a.restMs - b.restMs)[0]
  }

  async #askHeads(): Promise<void> {
    const asked = this.all
      .filter(({ isResting }) => !isResting)
      .map((endpoint) => endpoint.request({ method: 'eth_blockNumber' }).catch(() => {}))
    await Promise.race([Promise.all(asked), sleep(HEADS_WAIT_MS, undefined, { ref: false })])
  }

  /** An endpoint that swallows transactions must not be able to keep one from the chain. */
  async #tellAll(args: RpcRequest): Promise<unknown> {
    const ready = this.all.filter(({ isResting }) => !isResting)
    const [soonest] = [...this.all].sort((a, b) => a.restMs - b.restMs)
    const told = ready.length > 0 ? ready : soonest && Number.isFinite(soonest.restMs) ? [soonest] : []
    try {
      return await Promise.any(told.map((endpoint) => endpoint.request(args)))
    } catch (error) {
      const errors = (error as AggregateError).errors as unknown[]
      throw errors.find((one) => faultOf(one) === null) ?? errors[0] ?? this.#noneError()
    }
  }

  #noneError(): EndpointsError {
    return new EndpointsError(`No RPC endpoint can be asked now (${this.describe()}).`)
  }
}

function lacks(fault: Fault): boolean {
  return fault === 'behind' || fault === 'unsupported'
}

/** Whether an error is the endpoints' and not the chain's: what was asked is still open. */
export function isOfEndpoints(error: unknown): boolean {
  if (error instanceof EndpointsError || faultOf(error) !== null) return true
  return error instanceof BaseError && error.walk((one) => one instanceof EndpointsError) !== null
}
