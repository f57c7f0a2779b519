import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hex } from 'viem'

/** Two hashes, a space and the end of the line. */
const LINE_BYTES = 130

/**
 * Which sha256 the bytes of a name have, once they were checked against the name: `<directory>/names`, a line each with
 * the sha256 of the name and that of the bytes, 64 hex digits. A line that the disk spoiled names nothing that anybody asks
 * for, or bytes that nobody has: then the name is checked again. Of several processes' additions at once some may be lost,
 * which has no other effect.
 */
export class VerifiedNames {
  readonly #directory: string
  readonly #most: number
  #known: Promise<Map<string, string>> | undefined
  #saving: Promise<void> = Promise.resolve()

  /** @param most how many are remembered; the oldest go first */
  constructor(directory: string, most = 10_000) {
    this.#directory = directory
    this.#most = most
  }

  /** The sha256 of the bytes with this name; undefined when they were never checked, or that is forgotten. Never throws. */
  async get(name: string): Promise<Hex | undefined> {
    this.#known ??= this.#read()
    const digits = (await this.#known).get(digitsOf(name))
    return digits === undefined ? undefined : `0x${digits}`
  }

  /** Remembers the sha256 of the bytes with this name. Never throws: on a full disk it holds for this process. */
  set(name: string, hash: Hex): Promise<void> {
    this.#saving = this.#saving.then(() => this.#add(digitsOf(name), hash.slice(2).toLowerCase())).catch(() => {})
    return this.#saving
  }

  async #add(name: string, digits: string): Promise<void> {
    this.#known ??= this.#read()
    const known = await this.#known
    for (const [other, theirs] of await this.#read()) if (!known.has(other)) known.set(other, theirs)
    known.delete(name)
    known.set(name, digits)
    for (const oldest of known.keys()) {
      if (known.size <= this.#most) break
      known.delete(oldest)
    }
    const path = join(this.#directory, 'names')
    await mkdir(this.#directory, { recursive: true })
    await writeFile(`${path}.new`, [...known].map(([name, digits]) => `${name} ${digits}\n`).join(''))
    await rename(`${path}.new`, path)
  }

  async #read(): Promise<Map<string, string>> {
    const path = join(this.#directory, 'names')
    try {
      if ((await stat(path)).size > this.#most * LINE_BYTES) return new Map()
      const lines = (await readFile(path, 'latin1')).matchAll(/^([0-9a-f]{64}) ([0-9a-f]{64})$/gm)
      return new Map([...lines].map(([, name = '', digits = '']) => [name, digits]))
    } catch {
      return new Map()
    }
  }
}

function digitsOf(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}
