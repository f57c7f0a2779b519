import { createHash } from 'node:crypto'
import { closeSync, fstatSync, futimesSync, openSync, readSync, type Stats } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Hex } from 'viem'
import { sha256Hex } from '../../protocol/sha256.ts'
import { quote } from '../quote.ts'
import { ArtifactError, diskError } from './error.ts'
import { takeInventory } from './inventory.ts'
import { savedKept, saveKept } from './kept.ts'
import { chunksOf, PartialFile, parsePartialName } from './partial.ts'

/**
 * Files by their sha256, at `<directory>/<first 2 digits>/<64 digits>`, within a budget: when it is exceeded, the least
 * recently used go, but never those that are kept. A file's modification time says when it was last used, so that the
 * order survives a restart. Unfinished files are in `<directory>/partial`, the kept hashes in `<directory>/kept`.
 *
 * Several processes may use one directory. Each knows of what the others keep, but counts only the files it has seen.
 */
export class Store {
  readonly directory: string
  readonly #budgetBytes: number
  /** Bytes by path, the least recently used first: finished files, and unfinished ones that nobody writes. */
  readonly #files = new Map<string, number>()
  #bytes = 0
  #index: Promise<void> | undefined
  #indexed = false
  /** What files looked like when their hash was checked. */
  readonly #verified = new Map<string, string>()
  /** Files that are being checked, or removed: one or the other. */
  readonly #busy = new Map<string, Promise<string | undefined>>()
  #kept: ReadonlySet<string> | undefined
  #savingKept: Promise<void> = Promise.resolve()
  #lastUseMs = 0

  /** @param budgetBytes exceeded by what is kept, and by the one file that was stored last */
  constructor(directory: string, budgetBytes: number) {
    this.directory = resolve(directory)
    this.#budgetBytes = budgetBytes
  }

  /** Path of the file with this hash, whether it is there or not. @throws ArtifactError when it is no hash */
  pathOf(hash: Hex): string {
    // A hash with `../` in it would leave the store.
    if (!/^0x[0-9a-f]{64}$/i.test(hash))
      throw new ArtifactError('hashMismatch', `${quote(hash, 80)} is not a sha256 hash: 0x and 64 hexadecimal digits`)
    const digits = hash.slice(2).toLowerCase()
    return join(this.directory, digits.slice(0, 2), digits)
  }

  /**
   * Path of the file with this hash when it is there; then it counts as used. Its bytes are hashed the first time in the
   * life of the process and whenever the file has changed since; one that the disk spoiled is dropped.
   *
   * @throws ArtifactError `disk`
   */
  locate(hash: Hex): Promise<string | undefined> {
    const path = this.pathOf(hash)
    const busy = this.#busy.get(path)
    if (busy) return busy
    scratch ??= Buffer.allocUnsafeSlow(SMALL_BYTES)
    if (this.#indexed && this.#readSmall(path, hash, scratch)) return Promise.resolve(path)
    return this.#whileBusy(path, this.#verify(path, hash))
  }

  /**
   * The bytes of a small file, checked as by {@link locate} and read at once; undefined when it is not there, is large, or
   * is not as it should be: `locate` finds out what to do then. Never throws.
   */
  readAtOnce(hash: Hex): Uint8Array | undefined {
    const path = this.pathOf(hash)
    return this.#indexed && !this.#busy.has(path) ? this.#readSmall(path, hash) : undefined
  }

  /** The bytes of a file that was just located; undefined when it is gone or spoiled since. @throws ArtifactError `disk` */
  async read(hash: Hex): Promise<Uint8Array | undefined> {
    const path = this.pathOf(hash)
    const file = await this.#openFile(path)
    if (!file) return undefined
    try {
      const verified = this.#verified.get(path) === stampOf(await file.stat())
      const bytes = await file.readFile()
      return verified || sha256Hex(bytes) === hash.toLowerCase() ? bytes : undefined
    } catch (error) {
      throw diskError(this.directory, error)
    } finally {
      await file.close()
    }
  }

  /** Stores bytes. @returns their path @throws ArtifactError `disk` */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = sha256Hex(bytes)
    const path = await this.locate(hash)
    if (path) return path
    const file = await this.begin(hash, '')
    try {
      if (file.size > 0) await file.restart('')
      await file.append(bytes)
      return await this.adopt(file, hash)
    } catch (error) {
      await file.discard()
      throw error
    }
  }

  /** An unfinished file to write to, with what is there already of this hash from this source. @throws ArtifactError `disk` */
  async begin(hash: Hex, uri: string): Promise<PartialFile> {
    await this.#ready()
    const { file, continued } = await PartialFile.open(join(this.directory, 'partial'), hash, uri)
    if (continued) this.#forget(continued)
    return file
  }

  /** Leaves an unfinished file to be continued. Never throws. */
  async release(file: PartialFile): Promise<void> {
    const path = await file.release()
    if (!path) return
    this.#use(path, file.size)
    await this.#evict(path)
  }

  /**
   * Gives a file whose hash was checked while it was written its place. All at once: nobody ever sees half of it.
   *
   * @returns its path
   * @throws ArtifactError `disk`
   */
  async adopt(file: PartialFile, hash: Hex): Promise<string> {
    const path = this.pathOf(hash)
    try {
      await mkdir(dirname(path), { recursive: true })
      await file.finish(path)
      await utimes(path, ...this.#now())
      this.#verified.set(path, stampOf(await stat(path)))
    } catch (error) {
      throw diskError(this.directory, error)
    }
    this.#use(path, file.size)
    await this.#removePartials(hash.slice(2).toLowerCase())
    await this.#evict(path)
    return path
  }

  /**
   * Replaces the set of hashes that must not be evicted, for this process and for others with the same directory, this one
   * after a restart among them. Never throws: on a full disk the set holds for this process.
   */
  async keep(hashes: Iterable<Hex>): Promise<void> {
    const kept = new Set([...hashes].map((hash) => hash.slice(2).toLowerCase()))
    const before = this.#kept
    this.#kept = kept
    if (before?.size !== kept.size || ![...kept].every((digits) => before.has(digits))) {
      this.#savingKept = this.#savingKept.then(() => saveKept(this.directory, kept)).catch(() => {})
      await this.#savingKept
    }
    await this.#ready().then(
      () => this.#evict(),
      () => {},
    )
  }

  /** What the files take, in bytes. Walks the directory the first time only. @throws ArtifactError `disk` */
  async size(): Promise<number> {
    await this.#ready()
    return this.#bytes
  }

  /**
   * Without asking the thread pool: for a file that was just downloaded, hence in the system's memory, each question takes
   * longer to get there than to answer, and a result of a small model asks five.
   *
   * @param into memory to read into, when the caller does not want the bytes
   */
  #readSmall(path: string, hash: Hex, into?: Buffer): Uint8Array | undefined {
    let file: number | undefined
    try {
      file = openSync(path, 'r')
      const stats = fstatSync(file)
      const verified = this.#verified.get(path) === stampOf(stats)
      let bytes = into?.subarray(0, 0)
      if (!verified || !bytes) {
        if (stats.size > SMALL_BYTES) return undefined
        bytes = (into ?? Buffer.allocUnsafeSlow(stats.size)).subarray(0, stats.size)
        if (readSync(file, bytes) !== stats.size) return undefined
        if (!verified && sha256Hex(bytes) !== hash.toLowerCase()) return undefined
      }
      futimesSync(file, ...this.#now())
      this.#verified.set(path, stampOf(fstatSync(file)))
      this.#use(path, stats.size)
      return bytes
    } catch {
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  async #verify(path: string, hash: Hex): Promise<string | undefined> {
    await this.#ready()
    const file = await this.#openFile(path)
    if (!file) return undefined
    try {
      const stats = await file.stat()
      if (this.#verified.get(path) !== stampOf(stats) && !(await hasHash(file, hash))) {
        this.#forget(path)
        await rm(path)
        return undefined
      }
      // A read-only store can still be used, in whatever order it was.
      const touched = await file.utimes(...this.#now()).then(
        () => file.stat(),
        () => stats,
      )
      this.#verified.set(path, stampOf(touched))
      this.#use(path, stats.size)
      return path
    } catch (error) {
      throw diskError(this.directory, error)
    } finally {
      await file.close()
    }
  }

  async #openFile(path: string): Promise<FileHandle | undefined> {
    try {
      return await open(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskError(this.directory, error)
      this.#forget(path)
      return undefined
    }
  }

  /** Now, as access and modification time; never the same twice, so that the order of use stays clear. */
  #now(): [number, number] {
    this.#lastUseMs = Math.max(Date.now(), this.#lastUseMs + 1)
    return [this.#lastUseMs / 1000, this.#lastUseMs / 1000]
  }

  #use(path: string, bytes: number): void {
    this.#bytes += bytes - (this.#files.get(path) ?? 0)
    this.#files.delete(path)
    this.#files.set(path, bytes)
  }

  #forget(path: string): void {
    this.#bytes -= this.#files.get(path) ?? 0
    this.#files.delete(path)
    this.#verified.delete(path)
  }

  /**
   * Never throws: what cannot be removed is counted again after the next start.
   *
   * @param spared the file that was just stored: who stored it is about to use it
   */
  async #evict(spared?: string): Promise<void> {
    if (this.#bytes <= this.#budgetBytes) return
    const kept = this.#kept ?? (await savedKept(this.directory))
    // Who cannot tell what is kept must not remove anything.
    if (!kept) return
    for (const path of [...this.#files.keys()]) {
      if (this.#bytes <= this.#budgetBytes) return
      if (path === spared || kept.has(basename(path)) || this.#busy.has(path)) continue
      this.#forget(path)
      const gone = () => undefined
      await this.#whileBusy(path, rm(path, { force: true }).then(gone, gone))
    }
  }

  #whileBusy(path: string, act: Promise<string | undefined>): Promise<string | undefined> {
    const done = act.finally(() => this.#busy.delete(path))
    this.#busy.set(path, done)
    return done
  }

  /** Removes what was left of downloads of the same file from elsewhere. Never throws, as `#evict`. */
  async #removePartials(digits: string): Promise<void> {
    const folder = join(this.directory, 'partial')
    for (const entry of await readdir(folder).catch(() => [])) {
      const name = parsePartialName(entry)
      if (name?.digits !== digits || name.owner !== '') continue
      this.#forget(join(folder, entry))
      await rm(join(folder, entry), { force: true }).catch(() => {})
    }
  }

  #ready(): Promise<void> {
    this.#index ??= this.#walk().catch((error) => {
      // Once the disk works again, so shall the store.
      this.#index = undefined
      throw diskError(this.directory, error)
    })
    return this.#index
  }

  async #walk(): Promise<void> {
    const found = await takeInventory(this.directory)
    for (const { path, bytes } of found) this.#use(path, bytes)
    this.#lastUseMs = found.at(-1)?.lastUseMs ?? 0
    this.#indexed = true
  }
}

/** Files up to this are read at once: a millisecond. */
const SMALL_BYTES = 4 * 2 ** 20
let scratch: Buffer | undefined

async function hasHash(file: FileHandle, hash: Hex): Promise<boolean> {
  const digest = createHash('sha256')
  try {
    for await (const chunk of chunksOf(file)) digest.update(chunk)
  } catch {
    // A bad sector spoils a file as much as a flipped bit.
    return false
  }
  return `0x${digest.digest('hex')}` === hash.toLowerCase()
}

/** What changes when a file is written to or replaced. */
function stampOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`
}
