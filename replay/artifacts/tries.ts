import { ArtifactError, allFailed } from './error.ts'
import type { Source } from './sources.ts'

/** A source that can be read. */
export type ReadableSource = Exclude<Source, { type: 'refused' }>

/** What is left of the time to get something. What we take to check it does not count. */
export class TimeBudget {
  #deadline: number

  /** @param ms the whole of it */
  constructor(ms: number) {
    this.#deadline = performance.now() + ms
  }

  get leftMs(): number {
    return this.#deadline - performance.now()
  }

  /** Waits for something of our own: no source is to blame for the time it takes. */
  async outside<T>(act: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await act()
    } finally {
      this.#deadline += performance.now() - start
    }
  }
}

/**
 * Tries sources one after the other until one gives what is wanted. Each download gets an equal share of the time that is
 * left, and what it does not use goes to those after it.
 *
 * @param what what messages call it, safe to print
 * @param failures what failed before
 * @throws ArtifactError the most telling one; at once when it is trouble of our own
 */
export async function trySources<T>(
  what: string,
  sources: readonly Source[],
  budget: TimeBudget,
  take: (source: ReadableSource, timeoutMs: number) => Promise<T>,
  failures: ArtifactError[] = [],
): Promise<T> {
  let downloadsLeft = sources.filter(({ type }) => type === 'http').length
  for (const source of sources) {
    try {
      if (source.type === 'refused') throw source.error
      const shareMs = budget.leftMs / Math.max(1, downloadsLeft)
      if (source.type === 'http') downloadsLeft--
      return await take(source, shareMs)
    } catch (error) {
      // Trouble of our own is the same for every source.
      if (!(error instanceof ArtifactError) || error.code === 'disk') throw error
      failures.push(error)
    }
  }
  throw allFailed(what, failures)
}
