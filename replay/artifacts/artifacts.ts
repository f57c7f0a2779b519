import type { Hex } from 'viem'
import { sha256Hex } from '../../protocol/sha256.ts'
import { download } from './download.ts'
import { ArtifactError, mismatch, tooLarge } from './error.ts'
import { copyFile, readData } from './local.ts'
import { type NamedArtifact, NamedArtifacts } from './named.ts'
import { Shared } from './shared.ts'
import { MemorySink, type Sink } from './sink.ts'
import { type Place, type Places, sourcesOf } from './sources.ts'
import { Store } from './store.ts'
import { type ReadableSource, TimeBudget, trySources } from './tries.ts'

export { ArtifactError, type ArtifactErrorCode } from './error.ts'
export type { NamedArtifact } from './named.ts'

/** Most bytes to hold in memory when the disk cannot take them. */
const MAX_MEMORY_BYTES = 64 * 2 ** 20

/** Where the chain says an artifact is, and what it must hash to. */
export interface ArtifactReference {
  /** `0x…` sha256 of the bytes. */
  hash: Hex
  /**
   * `data:`, `file:`, `http:`, `https:`, `ipfs:` or `walrus:`; several are separated by whitespace. Empty when the bytes
   * are inline. Comes from a stranger.
   */
  uri: string
  /** The bytes themselves, when they are on chain. Empty means absent. */
  data?: Uint8Array | null
}

/** How artifacts are got and kept. */
export interface ArtifactsOptions {
  /** where they are kept; made when absent */
  directory: string
  /** how many bytes to keep, unless more are told to be kept (default 20 GiB) */
  budgetBytes?: number
  /** folders beneath which `file:` URIs may be read (default: none) */
  fileRoots?: readonly string[]
  /** whether URIs may lead to private and loopback addresses (default: no) */
  allowPrivateHosts?: boolean
  /** largest artifact, in bytes (default 512 MiB) */
  maxBytes?: number
  /** longest time to get one, all sources and tries together, in ms (default 60 s); as long again when the disk fails */
  timeoutMs?: number
  /** base URLs for `ipfs:`; when given, they are asked for every hash (default: two public ones, for `ipfs:` alone) */
  ipfsGateways?: readonly string[] | undefined
  /** base URLs for `walrus:` (default: a public one) */
  walrusAggregators?: readonly string[] | undefined
  /** base URLs that are asked for every hash (default: none) */
  mirrors?: readonly string[]
  /** number of shards of the Walrus network, on which blob ids depend (default 1000: mainnet and testnet) */
  walrusShards?: number | undefined
}

/**
 * Models, inputs and outputs by their sha256, kept on disk: what was fetched once is there when a dispute needs it,
 * whatever became of the server. Nothing is stored or returned that does not have its hash.
 *
 * Sources are tried one after the other until one has the bytes (`sourcesOf` says in which order). Each gets an equal
 * share of the time that is left, and what it does not use goes to those after it; so a slow one cannot starve the rest,
 * and a large file that is cut off by the end of its share is continued the next time.
 */
export class Artifacts {
  readonly #store: Store
  readonly #places: Places
  readonly #fileRoots: readonly string[]
  readonly #allowPrivateHosts: boolean
  readonly #maxBytes: number
  readonly #timeoutMs: number
  readonly #stored = new Shared<string>()
  readonly #inMemory = new Shared<Uint8Array>()
  readonly #named: NamedArtifacts

  constructor(options: ArtifactsOptions) {
    this.#store = new Store(options.directory, options.budgetBytes ?? 20 * 2 ** 30)
    this.#places = {
      ipfsGateways: placesOf(options.ipfsGateways, ['https://ipfs.io', 'https://dweb.link']),
      walrusAggregators: placesOf(options.walrusAggregators, ['https://aggregator.walrus-mainnet.walrus.space']),
      mirrors: placesOf(options.mirrors, []),
    }
    this.#fileRoots = options.fileRoots ?? []
    this.#allowPrivateHosts = options.allowPrivateHosts ?? false
    this.#maxBytes = options.maxBytes ?? 512 * 2 ** 20
    this.#timeoutMs = options.timeoutMs ?? 60_000
    this.#named = new NamedArtifacts({
      store: this.#store,
      places: this.#places,
      maxBytes: this.#maxBytes,
      timeoutMs: this.#timeoutMs,
      allowPrivateHosts: this.#allowPrivateHosts,
      walrusShards: options.walrusShards ?? 1000,
      pathFor: (reference) => this.pathFor(reference),
    })
  }

  /**
   * The bytes with this hash: inline ones first, then the store's (dropped when the disk spoiled them), then the sources',
   * which are stored. When the disk fails, up to 64 MiB are got without it.
   *
   * @throws ArtifactError
   */
  async fetch(reference: ArtifactReference): Promise<Uint8Array> {
    const { hash, data } = reference
    if (data && this.#isRight(data, hash)) return data
    const stored = this.#store.readAtOnce(hash)
    if (stored) return stored
    try {
      await this.pathFor(reference)
      const bytes = await this.#store.read(hash)
      if (bytes) return bytes
      throw new ArtifactError(
        'disk',
        `${hash} was evicted as soon as it was stored: raise GAINSAY_ARTIFACT_BUDGET_BYTES`,
      )
    } catch (error) {
      if (!(error instanceof ArtifactError) || error.code !== 'disk') throw error
      return this.#inMemory.run(keyOf(reference), () => this.#fetchInMemory(reference, error))
    }
  }

  /**
   * Makes sure that the artifact is in the store, and has its hash. Never holds it in memory, however large it is. The
   * file stays until it is evicted: `keep` prevents that.
   *
   * @returns the path of its file
   * @throws ArtifactError
   */
  async pathFor(reference: ArtifactReference): Promise<string> {
    // By hash and address together: were it by hash alone, one lying server would spoil another's answer.
    return this.#stored.run(keyOf(reference), async () => {
      const { hash, data } = reference
      const path = await this.#store.locate(hash)
      if (path) return path
      if (data && this.#isRight(data, hash)) return this.#store.put(data)
      return this.#trySources(reference, (source, timeoutMs) => this.#storeFrom(source, hash, timeoutMs))
    })
  }

  /**
   * Makes sure that the bytes with this name are in the store, and are what the name says: where the chain gives no sha256.
   * A blob id is compared with that of the bytes, a CID with the hash of every block on the way; so neither aggregator nor
   * gateway is trusted. What was once found right is only looked up. The file stays until it is evicted: give its hash to
   * `keep` to prevent that.
   *
   * @param uri `walrus://<blob id>` or `ipfs://<CID>[/path]`. Comes from a stranger
   * @throws ArtifactError
   */
  pathForName(uri: string): Promise<NamedArtifact> {
    return this.#named.pathFor(uri)
  }

  /**
   * The bytes at an address, whatever they are, up to 64 MiB: for what the chain commits to in another way than by a hash
   * of the whole (a trace), so that the caller must check them. Not stored.
   *
   * @throws ArtifactError
   */
  async fetchUnhashed(uri: string): Promise<Uint8Array> {
    const maxBytes = Math.min(this.#maxBytes, MAX_MEMORY_BYTES)
    const sink = new MemorySink()
    const take = (source: ReadableSource, timeoutMs: number) =>
      this.#readAny(source, NO_HASH, sink, { timeoutMs, maxBytes }).then(() => sink.bytes())
    return this.#trySources({ hash: NO_HASH, uri }, take)
  }

  /** Path of the file that holds the artifact with this hash, once it has been fetched. @throws ArtifactError */
  pathOf(hash: Hex): string {
    return this.#store.pathOf(hash)
  }

  /** Stores bytes and returns their hash. @throws ArtifactError `disk` */
  async put(bytes: Uint8Array): Promise<Hex> {
    await this.#store.put(bytes)
    return sha256Hex(bytes)
  }

  /**
   * Replaces the set of artifacts that must not be evicted, even over budget: everything that open results refer to. It
   * holds after a restart too. Never throws.
   */
  keep(hashes: Iterable<Hex>): Promise<void> {
    return this.#store.keep(hashes)
  }

  #isRight(data: Uint8Array, hash: Hex): boolean {
    return data.length <= this.#maxBytes && sha256Hex(data) === hash.toLowerCase()
  }

  async #storeFrom(source: ReadableSource, hash: Hex, timeoutMs: number): Promise<string> {
    const uri = source.type === 'http' ? source.url : source.uri
    const file = await this.#store.begin(hash, uri)
    try {
      await this.#read(source, hash, file, { timeoutMs, maxBytes: this.#maxBytes })
      return await this.#store.adopt(file, hash)
    } catch (error) {
      if (source.type === 'http' && error instanceof ArtifactError && error.code === 'unreachable')
        await this.#store.release(file)
      else await file.discard()
      throw error
    }
  }

  async #fetchInMemory(reference: ArtifactReference, disk: ArtifactError): Promise<Uint8Array> {
    const maxBytes = Math.min(this.#maxBytes, MAX_MEMORY_BYTES)
    try {
      return await this.#trySources(reference, async (source, timeoutMs) => {
        const sink = new MemorySink()
        await this.#read(source, reference.hash, sink, { timeoutMs, maxBytes })
        return sink.bytes()
      })
    } catch (error) {
      // With a disk it would not have been too large.
      throw error instanceof ArtifactError && error.code === 'tooLarge' && maxBytes < this.#maxBytes ? disk : error
    }
  }

  /** Reads a source into a sink, and checks the hash. */
  async #read(source: ReadableSource, hash: Hex, into: Sink, limits: ReadLimits): Promise<void> {
    await this.#readAny(source, hash, into, limits)
    if (into.digest() !== hash.toLowerCase()) throw mismatch(source.name, hash)
  }

  async #readAny(source: ReadableSource, hash: Hex, into: Sink, limits: ReadLimits): Promise<void> {
    if (source.type === 'http')
      await download(source, { hash }, into, { ...limits, allowPrivateHosts: this.#allowPrivateHosts })
    else {
      if (into.size > 0) await into.restart('')
      if (source.type === 'file') await copyFile(source.uri, into, { roots: this.#fileRoots, ...limits })
      else {
        const bytes = readData(source.uri)
        if (bytes.length > limits.maxBytes) throw tooLarge(source.name, limits.maxBytes)
        await into.append(bytes)
      }
    }
  }

  #trySources<T>(
    { hash, uri, data }: ArtifactReference,
    take: (source: ReadableSource, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const failures = data && data.length > 0 ? [mismatch('the inline data', hash)] : []
    return trySources(hash, sourcesOf(uri, hash, this.#places), new TimeBudget(this.#timeoutMs), take, failures)
  }
}

function placesOf(named: readonly string[] | undefined, otherwise: readonly string[]): Place[] {
  return (named ?? otherwise).map((base) => ({ base, trusted: named !== undefined }))
}

/** A hash that nothing has, as far as anybody knows. */
const NO_HASH: Hex = `0x${'00'.repeat(32)}`

interface ReadLimits {
  timeoutMs: number
  maxBytes: number
}

function keyOf({ hash, uri, data }: ArtifactReference): string {
  return `${hash.toLowerCase()} ${data && data.length > 0 ? sha256Hex(data) : ''} ${uri}`
}
