import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Hex } from 'viem'
import { download, tooLarge } from './download.ts'
import { ArtifactError } from './error.ts'
import { messageOf, quote } from './quote.ts'

export { ArtifactError, type ArtifactErrorCode } from './error.ts'

/** Where the chain says an artifact is, and what it must hash to. */
export interface ArtifactReference {
  /** `0x…` sha256 of the bytes. */
  hash: Hex
  /** `data:`, `file:`, `http:` or `https:`; empty when the bytes are inline. Comes from a stranger. */
  uri: string
  /** The bytes themselves, when they are on chain. Empty means absent. */
  data?: Uint8Array | null
}

/**
 * Models, inputs and outputs by their sha256, kept on disk: what was fetched once is there when a dispute needs it,
 * whatever became of the server. Nothing is stored or returned that does not have its hash.
 */
export class Artifacts {
  #directory: string
  #fileRoots: string[]
  #allowPrivateHosts: boolean
  #maxBytes: number
  #timeoutMs: number
  #running = new Map<string, Promise<Uint8Array>>()

  /**
   * @param options.directory where artifacts are kept; made when absent
   * @param options.fileRoots folders beneath which `file:` URIs may be read (default: none)
   * @param options.allowPrivateHosts whether URIs may lead to private and loopback addresses (default: no)
   * @param options.maxBytes largest artifact, in bytes (default 512 MiB)
   * @param options.timeoutMs longest download, all tries together (default 60 s)
   */
  constructor(options: {
    directory: string
    fileRoots?: string[]
    allowPrivateHosts?: boolean
    maxBytes?: number
    timeoutMs?: number
  }) {
    this.#directory = resolve(options.directory)
    this.#fileRoots = options.fileRoots ?? []
    this.#allowPrivateHosts = options.allowPrivateHosts ?? false
    this.#maxBytes = options.maxBytes ?? 512 * 2 ** 20
    this.#timeoutMs = options.timeoutMs ?? 60_000
  }

  /**
   * The bytes with this hash: inline ones first, then the store's (dropped when the disk spoiled them), then the URI's,
   * which are stored.
   *
   * @throws ArtifactError
   */
  async fetch({ hash, uri, data }: ArtifactReference): Promise<Uint8Array> {
    const path = this.pathOf(hash)
    if (data && data.length <= this.#maxBytes && hasHash(data, hash)) return data
    const stored = await this.#readStored(path, hash)
    if (stored) return stored
    if (uri === '') {
      if (data && data.length > 0) throw mismatch('the inline data', hash)
      throw new ArtifactError('unreachable', `${hash} has neither data nor an address: ask whoever published it`)
    }
    // By hash and address together: were it by hash alone, one lying server would spoil another's answer.
    const key = `${hash.toLowerCase()} ${uri}`
    const running = this.#running.get(key)
    if (running) return running
    const fetching = this.#fetchUri(uri, hash, path).finally(() => this.#running.delete(key))
    this.#running.set(key, fetching)
    return fetching
  }

  /** Path of the file that holds the artifact with this hash, once it has been fetched. @throws ArtifactError */
  pathOf(hash: Hex): string {
    // A hash with `../` in it would leave the store.
    if (!/^0x[0-9a-f]{64}$/i.test(hash))
      throw new ArtifactError('hashMismatch', `${quote(hash, 80)} is not a sha256 hash: 0x and 64 hexadecimal digits`)
    const digits = hash.slice(2).toLowerCase()
    return join(this.#directory, digits.slice(0, 2), digits)
  }

  /** Stores bytes and returns their hash. */
  async put(bytes: Uint8Array): Promise<Hex> {
    const hash = sha256(bytes)
    await write(this.pathOf(hash), bytes)
    return hash
  }

  async #readStored(path: string, hash: Hex): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array
    try {
      bytes = await readFile(path)
    } catch {
      return undefined
    }
    if (hasHash(bytes, hash)) return bytes
    await rm(path, { force: true })
    return undefined
  }

  async #fetchUri(uri: string, hash: Hex, path: string): Promise<Uint8Array> {
    const bytes = await this.#readUri(uri)
    if (bytes.length > this.#maxBytes) throw tooLarge(uri, this.#maxBytes)
    if (!hasHash(bytes, hash)) throw mismatch(quote(uri), hash)
    await write(path, bytes)
    return bytes
  }

  async #readUri(uri: string): Promise<Uint8Array> {
    const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0].toLowerCase()
    if (scheme === 'data:') return readData(uri)
    if (!URL.canParse(uri)) throw unsupported(uri)
    if (scheme === 'file:') return this.#readFile(uri)
    if (scheme === 'http:' || scheme === 'https:')
      return download(uri, {
        maxBytes: this.#maxBytes,
        timeoutMs: this.#timeoutMs,
        allowPrivateHosts: this.#allowPrivateHosts,
      })
    throw unsupported(uri)
  }

  async #readFile(uri: string): Promise<Uint8Array> {
    let path: string
    try {
      path = await realpath(fileURLToPath(uri))
    } catch (error) {
      throw new ArtifactError('unreachable', `${quote(uri)} is not there: ${quote(messageOf(error))}`, error)
    }
    // After realpath, so that no link beneath a root leads out of it.
    const roots = await Promise.all(this.#fileRoots.map((root) => realpath(root).catch(() => undefined)))
    if (!roots.some((root) => root !== undefined && isBeneath(root, path)))
      throw new ArtifactError('forbidden', `${quote(uri)} lies outside the folders in fileRoots: add its folder there`)
    // Before opening: a FIFO would block the open, a device has no end.
    if (!(await stat(path)).isFile()) throw new ArtifactError('forbidden', `${quote(uri)} is not a regular file`)
    const file = await open(path)
    try {
      if ((await file.stat()).size > this.#maxBytes) throw tooLarge(uri, this.#maxBytes)
      return await file.readFile()
    } finally {
      await file.close()
    }
  }
}

/** The bytes of a `data:` URI (RFC 2397). */
function readData(uri: string): Uint8Array {
  const comma = uri.indexOf(',')
  if (comma < 0) throw unsupported(uri)
  try {
    const body = decodeURIComponent(uri.slice(comma + 1))
    return Buffer.from(body, /;base64$/i.test(uri.slice(0, comma)) ? 'base64' : 'utf8')
  } catch {
    throw unsupported(uri)
  }
}

/** Written beside and renamed, so that a reader (or a restart) never sees half a file. */
async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, bytes)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function isBeneath(root: string, path: string): boolean {
  const rest = relative(root, path)
  return rest !== '' && rest !== '..' && !rest.startsWith(`..${sep}`) && resolve(root, rest) === path
}

function sha256(bytes: Uint8Array): Hex {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
}

function hasHash(bytes: Uint8Array, hash: Hex): boolean {
  return sha256(bytes) === hash.toLowerCase()
}

function mismatch(what: string, hash: Hex): ArtifactError {
  return new ArtifactError('hashMismatch', `${what} does not have the hash ${hash}: it was changed or never was it`)
}

function unsupported(uri: string): ArtifactError {
  return new ArtifactError('unsupportedUri', `${quote(uri)} cannot be read: use data:, file:, http: or https:`)
}
