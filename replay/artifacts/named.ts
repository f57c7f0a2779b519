import type { Hex } from 'viem'
import { sha256Hex } from '../../protocol/sha256.ts'
import { quote } from '../quote.ts'
import { Blocks } from './blocks.ts'
import { RAW, sha256Of } from './cid.ts'
import { download } from './download.ts'
import { ArtifactError } from './error.ts'
import { type IpfsName, type Name, parseName, type WalrusName } from './names.ts'
import type { PartialFile } from './partial.ts'
import { Shared } from './shared.ts'
import { blobSources, type Places } from './sources.ts'
import type { Store } from './store.ts'
import { TimeBudget, trySources } from './tries.ts'
import { fileBytes, findFile } from './unixfs.ts'
import { VerifiedNames } from './verified.ts'
import { blobIdOf, MAX_BLOB_BYTES } from './walrus.ts'

/** Bytes in the store that have the name they were asked for by. */
export interface NamedArtifact {
  /** path of the file */
  path: string
  /** sha256 of its bytes: what `keep` takes */
  hash: Hex
}

/** What it takes to get and keep them. */
export interface NamedOptions {
  store: Store
  places: Places
  maxBytes: number
  timeoutMs: number
  allowPrivateHosts: boolean
  walrusShards: number
  /** gets what has this sha256; without addresses, from the operator's mirrors */
  pathFor(reference: { hash: Hex; uri: string }): Promise<string>
}

/** Artifacts by names that are no sha256: Walrus blob ids, and CIDs of trees. */
export class NamedArtifacts {
  readonly #options: NamedOptions
  readonly #verified: VerifiedNames
  readonly #running = new Shared<NamedArtifact>()

  constructor(options: NamedOptions) {
    this.#options = options
    this.#verified = new VerifiedNames(options.store.directory)
  }

  /** See `Artifacts.pathForName`. @throws ArtifactError */
  async pathFor(uri: string): Promise<NamedArtifact> {
    const name = parseName(uri)
    const key = this.#keyOf(name)
    return this.#running.run(key, async () => {
      const hash = hashIn(name)
      if (hash) return { hash, path: await this.#options.pathFor({ hash, uri }) }
      const known = await this.#verified.get(key)
      const path = known && (await this.#options.store.locate(known))
      if (path) return { hash: known, path }
      const found = await this.#get(name, uri, key).catch(async (error) => {
        // It was right once, so that whoever has its sha256 has it: a blob expires, the operator's mirror does not.
        if (!known) throw error
        const path = await this.#options.pathFor({ hash: known, uri: '' }).catch(() => undefined)
        if (path === undefined) throw error
        return { hash: known, path }
      })
      await this.#verified.set(key, found.hash)
      return found
    })
  }

  #get(name: Name, uri: string, key: string): Promise<NamedArtifact> {
    return name.type === 'walrus' ? this.#blob(name, key) : this.#tree(name, quote(uri, 80), key)
  }

  /** One spelling for each name. A blob id stands for other bytes where there are other shards. */
  #keyOf(name: Name): string {
    if (name.type === 'walrus') return `walrus ${this.#options.walrusShards} ${name.id}`
    return JSON.stringify(['ipfs', name.cid.toV1().toString(), ...name.path])
  }

  async #blob(name: WalrusName, key: string): Promise<NamedArtifact> {
    const { store, places, allowPrivateHosts, walrusShards } = this.#options
    const maxBytes = Math.min(this.#options.maxBytes, MAX_BLOB_BYTES)
    const budget = new TimeBudget(this.#options.timeoutMs)
    const sources = blobSources(name, places.walrusAggregators)
    return trySources(`"walrus://${name.id}"`, sources, budget, async (source, timeoutMs) => {
      if (source.type !== 'http') throw new Error(`a blob comes from no ${source.type}`)
      const file = await store.begin(provisional(key), source.url)
      let checked: { bytes: Hex; right: boolean } | undefined
      const isRight = () =>
        budget.outside(async () => {
          const bytes = file.digest()
          if (checked?.bytes !== bytes)
            checked = { bytes, right: (await blobIdOf(file.path, walrusShards)) === name.id }
          return checked.right
        })
      try {
        await download(source, { isRight }, file, { maxBytes, timeoutMs, allowPrivateHosts })
        if (await isRight()) return await this.#adopt(file)
        throw new ArtifactError(
          'hashMismatch',
          `${source.name} has another blob id: it was changed or never was it, or GAINSAY_WALRUS_SHARDS is not ${walrusShards}`,
        )
      } catch (error) {
        if (error instanceof ArtifactError && error.code === 'unreachable') await store.release(file)
        else await file.discard()
        throw limited(error, source.name, maxBytes)
      }
    })
  }

  async #tree({ cid, path }: IpfsName, name: string, key: string): Promise<NamedArtifact> {
    const { store, places, maxBytes, timeoutMs, allowPrivateHosts } = this.#options
    const signal = AbortSignal.timeout(timeoutMs)
    const limits = { name, maxBytes, signal }
    const blocks = new Blocks(name, places.ipfsGateways, new TimeBudget(timeoutMs), allowPrivateHosts)
    try {
      const root = await findFile(cid, path, blocks.get, limits)
      const file = await store.begin(provisional(key), '')
      try {
        if (file.size > 0) await file.restart('')
        for await (const bytes of fileBytes(root, blocks.get, limits)) await file.append(bytes)
        return await this.#adopt(file)
      } catch (error) {
        await file.discard()
        throw error
      }
    } finally {
      blocks.close()
    }
  }

  async #adopt(file: PartialFile): Promise<NamedArtifact> {
    const hash = file.digest()
    return { hash, path: await this.#options.store.adopt(file, hash) }
  }
}

/** The file's own sha256, where the name says it: nothing but the bytes has to be checked then. */
function hashIn(name: Name): Hex | undefined {
  return name.type === 'ipfs' && name.path.length === 0 && name.cid.code === RAW ? sha256Of(name.cid) : undefined
}

/** What stands for the sha256 in the names of unfinished files, as long as it is not known. */
function provisional(key: string): Hex {
  return sha256Hex(Buffer.from(key))
}

function limited(error: unknown, name: string, maxBytes: number): unknown {
  if (!(error instanceof ArtifactError) || error.code !== 'tooLarge' || maxBytes < MAX_BLOB_BYTES) return error
  return new ArtifactError(
    'tooLarge',
    `${name} has more than ${maxBytes} bytes: larger blobs are not checked, hence not used`,
  )
}
