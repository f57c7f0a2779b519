/**
 * Values that arrive by themselves, for one reader. Not an async generator: one that waits for a value cannot be ended.
 * When it ends for a reason, the reason is its last value, so that a reader is told and not only cut off.
 */
export class Feed<T> implements AsyncIterableIterator<T | Error> {
  readonly #most: number
  #onEnd: (() => void) | undefined
  #values: (T | Error)[] = []
  #waiting: ((result: IteratorResult<T | Error>) => void) | undefined
  #ended = false

  /**
   * @param most values that wait to be read; with more, the feed ends
   * @param onEnd called once, whoever ends it
   */
  constructor(most: number, onEnd: () => void) {
    this.#most = most
    this.#onEnd = onEnd
  }

  /** Hands a value to the reader, or keeps it until he asks. @param tooMany why it ends when too many wait */
  push(value: T, tooMany: Error): void {
    if (this.#ended) return
    if (this.#waiting) this.#answer({ done: false, value })
    else if (this.#values.length < this.#most) this.#values.push(value)
    else this.end(tooMany)
  }

  /** Ends the feed; what waits to be read still is, unless there is a reason. */
  end(reason?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd?.()
    this.#onEnd = undefined
    if (reason) this.#values = [reason]
    if (!this.#waiting) return
    const value = this.#values.shift()
    this.#answer(value === undefined ? { done: true, value } : { done: false, value })
  }

  async next(): Promise<IteratorResult<T | Error>> {
    const value = this.#values.shift()
    if (value !== undefined) return { done: false, value }
    if (this.#ended) return { done: true, value: undefined }
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  async return(): Promise<IteratorResult<T | Error>> {
    this.#values = []
    this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #answer(result: IteratorResult<T | Error>): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(result)
  }
}
