import { setTimeout as sleep } from 'node:timers/promises'

/**
 * At most so many starts in any second, first come first served. p-queue's `intervalCap` would do but for its clock, which is
 * the wall's: set back by an hour, it would let nothing through for an hour.
 */
export class Pace {
  readonly #rate: number
  /** when the latest starts are, oldest first; some may be yet to come */
  readonly #starts: number[] = []

  constructor(rate: number) {
    this.#rate = rate
  }

  /** Whether a start would have to wait now. */
  get isBusy(): boolean {
    return this.#next() > performance.now()
  }

  /** Resolves when it may start. */
  async turn(): Promise<void> {
    const now = performance.now()
    const start = this.#next()
    this.#starts.push(start)
    if (this.#starts.length > this.#rate) this.#starts.shift()
    if (start > now) await sleep(start - now)
  }

  #next(): number {
    const now = performance.now()
    if (this.#starts.length < this.#rate) return now
    // A millisecond more, because timers may fire one early.
    return Math.max(now, (this.#starts[0] as number) + 1001)
  }
}
