import { readFileSync } from 'node:fs'
import { sha256Hex } from '../../protocol/sha256.ts'
import { type BatchMessage, sessionKey } from '../pool/job.ts'
import { type OpenModel, openModel } from './open-model.ts'
import type { RuntimeKind } from './runtime.ts'

/** Thrown when a model's file is not what it should be. The message is a sentence. */
export class ModelFileError extends Error {
  override name = 'ModelFileError'
}

interface Entry {
  readonly model: OpenModel
  /** what it takes in memory */
  readonly bytes: number
}

/**
 * The sessions that a child keeps open, bounded by the bytes they really take; the least recently used goes first.
 */
export class Sessions {
  readonly #entries = new Map<string, Entry>()
  readonly #maxBytes: number
  readonly #runtime: RuntimeKind

  constructor(runtime: RuntimeKind, maxBytes: number) {
    this.#runtime = runtime
    this.#maxBytes = maxBytes
  }

  /** Keys of the open sessions, see `sessionKey`. */
  get keys(): string[] {
    return [...this.#entries.keys()]
  }

  /**
   * The model of a batch, opened if it is not yet.
   *
   * @throws ModelFileError, UnsupportedModel, or RefusedModel when the runtime does not take it
   */
  async open(batch: Pick<BatchMessage, 'modelHash' | 'modelPath' | 'variant'>): Promise<OpenModel> {
    const key = sessionKey({ runtime: this.#runtime, variant: batch.variant, modelHash: batch.modelHash })
    const known = this.#entries.get(key)
    if (known) {
      // Last in the Map's order: most recently used.
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known.model
    }
    const bytes = readModel(batch)
    // Some room beforehand, so that the peak stays near the bound; what it really takes shows afterwards.
    await this.#evict(2 * bytes.length)
    const before = process.memoryUsage.rss()
    const model = await openModel(bytes, this.#runtime, batch.variant)
    const grown = process.memoryUsage.rss() - before
    // An allocator that reuses freed memory hides the growth, but a session never takes less than its weights.
    this.#entries.set(key, { model, bytes: Math.max(grown, bytes.length) })
    await this.#evict(0)
    return model
  }

  /** Closes the least recently used sessions until there is room; the one just opened stays, however large. */
  async #evict(incoming: number): Promise<void> {
    let total = [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, incoming)
    for (const [key, { model, bytes }] of this.#entries) {
      if (total <= this.#maxBytes || (incoming === 0 && this.#entries.size === 1)) return
      this.#entries.delete(key)
      total -= bytes
      await model.release()
    }
  }
}

function readModel({ modelHash, modelPath }: Pick<BatchMessage, 'modelHash' | 'modelPath'>): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(modelPath)
  } catch (error) {
    throw new ModelFileError(`the stored model cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (sha256Hex(bytes) !== modelHash) throw new ModelFileError('the stored model does not have its hash')
  return bytes
}
