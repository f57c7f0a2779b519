import type { Hex } from 'viem'
import { sha256Hex } from '../../protocol/sha256.ts'

/** Where bytes go while they are read from a source, and what is known of them so far. */
export interface Sink {
  /** bytes so far */
  readonly size: number
  /** what tells this version from others, for `If-Range`: a strong ETag or a date; empty when the server gave none */
  readonly validator: string
  /** @throws ArtifactError `disk` */
  append(chunk: Uint8Array): Promise<void>
  /** Forgets all bytes; those to come are of this version. @throws ArtifactError `disk` */
  restart(validator: string): Promise<void>
  /** sha256 of the bytes so far, lower case */
  digest(): Hex
}

/** Keeps the bytes in memory: for when the disk cannot. */
export class MemorySink implements Sink {
  size = 0
  validator = ''
  #chunks: Uint8Array[] = []

  async append(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk)
    this.size += chunk.length
  }

  async restart(validator: string): Promise<void> {
    this.#chunks = []
    this.size = 0
    this.validator = validator
  }

  digest(): Hex {
    return sha256Hex(this.bytes())
  }

  /** All of them, in one piece. */
  bytes(): Uint8Array {
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = [bytes]
    return bytes
  }
}
