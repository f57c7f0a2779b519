import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { CID } from 'multiformats/cid'
import { sha256Hex } from '../../protocol/sha256.ts'
import { inlineBlock, sha256Of } from './cid.ts'
import { download } from './download.ts'
import { ArtifactError, allFailed, mismatch } from './error.ts'
import { Shared } from './shared.ts'
import { MemorySink } from './sink.ts'
import { blockSource, type Place } from './sources.ts'
import type { TimeBudget } from './tries.ts'

/** Largest block: what IPFS nodes exchange with each other. */
export const MAX_BLOCK_BYTES = 2 * 2 ** 20
/** Blocks that may occur again are held up to this. */
const MAX_CACHE_BYTES = 16 * 2 ** 20

interface Gateway {
  place: Place
  /** when its share of the time is over, in ms of the monotonic clock; it begins with the first question to it */
  deadline?: number
}

/**
 * Blocks of one file from gateways, each checked by the hash in its CID. They are asked of one gateway until it lies, fails
 * or has used up its share of the time, and from then on of the next: what was read until then is right, whoever sent it.
 */
export class Blocks {
  readonly #gateways: Gateway[]
  readonly #budget: TimeBudget
  readonly #allowPrivateHosts: boolean
  readonly #failures: ArtifactError[] = []
  readonly #asking = new Shared<Uint8Array>()
  readonly #cache = new Map<string, Uint8Array>()
  #cacheBytes = 0
  /** One host, one way of resolving it; so that a file of hundreds of blocks does not take as many handshakes. */
  readonly #agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }
  readonly #name: string

  /** @param name what messages call the file, safe to print */
  constructor(name: string, gateways: readonly Place[], budget: TimeBudget, allowPrivateHosts: boolean) {
    this.#name = name
    this.#gateways = gateways.map((place) => ({ place }))
    this.#budget = budget
    this.#allowPrivateHosts = allowPrivateHosts
  }

  /** The block of this CID. @throws ArtifactError when no gateway has it, or its hash function is not known */
  readonly get = async (cid: CID): Promise<Uint8Array> => {
    const inline = inlineBlock(cid)
    if (inline) return inline
    if (!sha256Of(cid))
      throw new ArtifactError('unsupportedUri', `block ${shortly(cid)} is named by another hash than sha2-256`)
    const key = cid.toString()
    const cached = this.#cache.get(key)
    if (cached) return cached
    const block = await this.#asking.run(key, () => this.#ask(cid))
    this.#remember(key, block)
    return block
  }

  /** Ends all connections. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  async #ask(cid: CID): Promise<Uint8Array> {
    for (;;) {
      const gateway = this.#gateways[0]
      if (!gateway) throw allFailed(this.#name, [...this.#failures])
      gateway.deadline ??= performance.now() + this.#budget.leftMs / this.#gateways.length
      try {
        return await this.#askOf(gateway, cid)
      } catch (error) {
        if (!(error instanceof ArtifactError)) throw error
        // Others that were asked of it at the same time have said so already.
        if (this.#gateways[0] !== gateway) continue
        this.#gateways.shift()
        this.#failures.push(error)
      }
    }
  }

  async #askOf({ place, deadline = 0 }: Gateway, cid: CID): Promise<Uint8Array> {
    const source = blockSource(cid.toString(), place)
    const hash = sha256Of(cid) as `0x${string}`
    const sink = new MemorySink()
    await download(source, { hash }, sink, {
      maxBytes: MAX_BLOCK_BYTES,
      timeoutMs: deadline - performance.now(),
      allowPrivateHosts: this.#allowPrivateHosts,
      agents: this.#agents,
    }).catch((error) => {
      if (!(error instanceof ArtifactError) || error.code !== 'tooLarge') throw error
      throw new ArtifactError(
        'tooLarge',
        `${source.name} has more than ${MAX_BLOCK_BYTES} bytes, as no block of IPFS may`,
      )
    })
    const block = sink.bytes()
    if (sha256Hex(block) !== hash) throw mismatch(source.name, hash)
    return block
  }

  #remember(key: string, block: Uint8Array): void {
    if (this.#cache.has(key)) return
    this.#cache.set(key, block)
    this.#cacheBytes += block.length
    for (const [oldest, { length }] of this.#cache) {
      if (this.#cacheBytes <= MAX_CACHE_BYTES) return
      this.#cache.delete(oldest)
      this.#cacheBytes -= length
    }
  }
}

function shortly(cid: CID): string {
  return cid.toString().slice(0, 80)
}
