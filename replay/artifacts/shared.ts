/** What is asked for several times at once is done once. */
export class Shared<T> {
  readonly #running = new Map<string, Promise<T>>()

  /** The running answer for this key, or a new one. */
  run(key: string, act: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key)
    if (running) return running
    const result = act().finally(() => this.#running.delete(key))
    this.#running.set(key, result)
    return result
  }
}
