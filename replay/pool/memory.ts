import { totalmem } from 'node:os'

/** Resident memory of a child in MiB before it has loaded a model. */
export const BASE_MB = { native: 80, wasm: 140 } as const

/** What a model takes when nothing is known of it yet: so many MiB, and so many times its file. */
const UNKNOWN_MB = 64
const UNKNOWN_TIMES = 4
/** Models whose memory is remembered; the oldest is forgotten first. */
const MAX_KNOWN = 10_000

/** Half of the memory that the machine, or the container this process is in, has, in MiB. */
export function defaultMemoryMb(): number {
  const constrained = process.constrainedMemory?.() ?? 0
  const total = constrained > 0 && constrained < totalmem() ? constrained : totalmem()
  return Math.floor(total / 2 ** 21)
}

/** Remembers how much memory models take, and says what a batch must reserve. Everything in MiB. */
export class MemoryEstimates {
  readonly #grown = new Map<string, number>()
  /** models whose process was killed from outside: until one of their batches ends well, they run beside nobody */
  readonly #feared = new Set<string>()

  /** What a child is expected to grow by while it opens and runs a model; infinite when it must run beside nobody. */
  growthOf(key: string, modelBytes: number): number {
    if (this.#feared.has(key)) return Number.POSITIVE_INFINITY
    return this.#grown.get(key) ?? UNKNOWN_MB + (UNKNOWN_TIMES * modelBytes) / 2 ** 20
  }

  /** Records what was seen; the largest value counts, since a session that is open already grows no more. */
  learn(key: string, grownMb: number): void {
    const known = this.#grown.get(key) ?? 0
    this.#feared.delete(key)
    this.#grown.delete(key)
    this.#grown.set(key, Math.max(known, grownMb))
    if (this.#grown.size > MAX_KNOWN) this.#grown.delete(this.#grown.keys().next().value as string)
  }

  /** Records that a process was killed from outside, as the system does when memory is short. */
  fear(key: string): void {
    this.#feared.add(key)
    if (this.#feared.size > MAX_KNOWN) this.#feared.delete(this.#feared.values().next().value as string)
  }
}
