import { createHash, type Hash, randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { diskError } from './error.ts'
import type { Sink } from './sink.ts'

/** Names this process among those that share a store, even when a container gives each the same process id. */
const writer = `${process.pid}-${randomBytes(6).toString('hex')}`
let opened = 0

/** A file name has at most 255 bytes; a validator that does not fit is kept in memory alone. */
const MAX_VALIDATOR_BYTES = 80

/**
 * What the name of an unfinished file says. It all stands in the name, so that no second file can disagree with it after
 * a kill at any moment.
 */
interface PartialName {
  /** the hash it shall have, 64 hex digits */
  digits: string
  /** where it comes from, 16 hex digits: a version of one server must not be continued with another's */
  source: string
  validator: string
  /** the process that writes it, and which of its files; empty when it waits to be continued */
  owner: string
}

/** The name of the file, without folder. */
function format({ digits, source, validator, owner }: PartialName): string {
  const bytes = Buffer.from(validator)
  const kept = bytes.length <= MAX_VALIDATOR_BYTES ? bytes.toString('base64url') : ''
  return `${digits}.${source}.${kept}.${owner}.part`
}

/** Reads the name of an unfinished file; undefined when it is none. */
export function parsePartialName(name: string): PartialName | undefined {
  const match = /^([0-9a-f]{64})\.([0-9a-f]{16})\.([\w-]*)\.([\w-]*)\.part$/.exec(name)
  if (!match) return undefined
  const [, digits = '', source = '', validator = '', owner = ''] = match
  return { digits, source, validator: Buffer.from(validator, 'base64url').toString(), owner }
}

/** The name an unfinished file gets when nobody writes it any more. */
export function releasedName(name: PartialName): string {
  return format({ ...name, owner: '' })
}

/** Whether somebody is still writing the file. */
export function isOwned({ owner }: PartialName): boolean {
  if (owner === '') return false
  if (owner.startsWith(`${writer}-`)) return true
  const pid = Number.parseInt(owner, 10)
  // Our own id with another's token: the process that had it before us, in a container.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** An unfinished file in a store: written by one process alone, and continued after a broken connection or a restart. */
export class PartialFile implements Sink {
  size = 0
  #handle: FileHandle
  #hash: Hash = createHash('sha256')
  #folder: string
  #name: PartialName

  private constructor(handle: FileHandle, folder: string, name: PartialName) {
    this.#handle = handle
    this.#folder = folder
    this.#name = name
  }

  /**
   * Continues what was left of this hash from this source, or begins anew. The file is renamed to be claimed, so that two
   * writers never share one.
   *
   * @param folder where unfinished files are; made when absent
   * @returns also the path of the file that was continued, which no longer exists
   * @throws ArtifactError `disk`
   */
  static async open(folder: string, hash: Hex, uri: string): Promise<{ file: PartialFile; continued?: string }> {
    const name: PartialName = {
      digits: hash.slice(2).toLowerCase(),
      source: createHash('sha256').update(uri).digest('hex').slice(0, 16),
      validator: '',
      owner: `${writer}-${opened++}`,
    }
    try {
      await mkdir(folder, { recursive: true })
      for (const entry of await readdir(folder)) {
        const left = parsePartialName(entry)
        if (left?.owner !== '' || left.digits !== name.digits || left.source !== name.source) continue
        const mine = { ...left, owner: name.owner }
        const claimed = await rename(join(folder, entry), join(folder, format(mine))).then(
          () => true,
          () => false,
        )
        if (!claimed) continue
        const file = new PartialFile(await open(join(folder, format(mine)), 'a+'), folder, mine)
        for await (const chunk of chunksOf(file.#handle)) file.#count(chunk)
        return { file, continued: join(folder, entry) }
      }
      return { file: new PartialFile(await open(join(folder, format(name)), 'ax+'), folder, name) }
    } catch (error) {
      throw diskError(folder, error)
    }
  }

  get path(): string {
    return join(this.#folder, format(this.#name))
  }

  get validator(): string {
    return this.#name.validator
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#try(() => this.#handle.appendFile(chunk))
    this.#count(chunk)
  }

  async restart(validator: string): Promise<void> {
    if (this.size === 0 && validator === this.validator) return
    await this.#try(async () => {
      await this.#handle.truncate(0)
      const before = this.path
      this.#name = { ...this.#name, validator }
      await rename(before, this.path)
    })
    this.size = 0
    this.#hash = createHash('sha256')
  }

  digest(): Hex {
    return `0x${this.#hash.copy().digest('hex')}`
  }

  /** Gives the file, which is complete, its final name. Flushed before, so that not even a power cut leaves half of it. */
  async finish(path: string): Promise<void> {
    await this.#try(async () => {
      await this.#handle.datasync()
      await this.#handle.close()
      await rename(this.path, path)
    })
  }

  /** Leaves the file to be continued. @returns its path, or undefined when there is nothing to continue */
  async release(): Promise<string | undefined> {
    if (this.size === 0) {
      await this.discard()
      return undefined
    }
    const before = this.path
    try {
      await this.#handle.close()
      this.#name = { ...this.#name, owner: '' }
      await rename(before, this.path)
      return this.path
    } catch {
      await rm(before, { force: true }).catch(() => {})
      return undefined
    }
  }

  /** Removes the file; what cannot be removed is left to the next start. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {})
    await rm(this.path, { force: true }).catch(() => {})
  }

  #count(chunk: Uint8Array): void {
    this.#hash.update(chunk)
    this.size += chunk.length
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      throw diskError(this.#folder, error)
    }
  }
}

/** The bytes of an open file from its beginning, a piece at a time. A piece is valid until the next one is asked for. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(2 ** 20)
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}
