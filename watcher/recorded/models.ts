import type { ModelSignature } from '../../protocol/signature.ts'
import { ArtifactError } from '../../replay/artifacts/artifacts.ts'
import { messageOf } from '../../replay/quote.ts'
import type { Following } from '../context.ts'
import { retryDelay } from '../judge.ts'

/** A model that was looked for: at hand, or why it is not and when to look again (Unix ms; null: never). */
export type FoundModel =
  | { kind: 'ready'; hash: `0x${string}`; signature: ModelSignature }
  | { kind: 'missing'; reason: string; retryAt: number | null }

/** Models that are looked for at once: a server that hangs takes one of these places for a minute. */
const AT_ONCE = 8
/** Models that are remembered. */
const MOST_KNOWN = 4096
/** Recorded results come after everything that has a deadline. */
export const LAST = Number.MAX_SAFE_INTEGER

/** Looks for a model once. @param tries how often it was looked for before */
export async function findModel(
  it: Pick<Following, 'artifacts' | 'pool' | 'clock'>,
  uri: string,
  tries = 0,
): Promise<FoundModel> {
  const missing = (reason: string, retryable: boolean): FoundModel => ({
    ...{ kind: 'missing', reason, retryAt: retryable ? it.clock() + retryDelay(tries) : null },
  })
  try {
    const { hash, path } = await it.artifacts.pathForName(uri)
    const opened = await it.pool.signature(hash, path, LAST)
    if (opened.kind === 'signature') return { kind: 'ready', hash, signature: opened.signature }
    return missing(opened.reason, opened.retryable)
  } catch (error) {
    const retryable = error instanceof ArtifactError && error.retryable
    return missing(`the model could not be had: ${messageOf(error)}`, retryable)
  }
}

/**
 * Gets the models that recorded results name, each by itself and beside the replays: one that cannot be had keeps up
 * nothing but its own results, and is not asked for again by each of them.
 */
export function modelFinder(it: Pick<Following, 'artifacts' | 'pool' | 'clock'>, signal: AbortSignal) {
  const known = new Map<string, FoundModel & { tries: number }>()
  const looking = new Set<string>()

  return {
    /** What is known of a model now; undefined where it must be looked for first. */
    known(id: string): FoundModel | undefined {
      const found = known.get(id)
      if (found?.kind === 'missing' && found.retryAt !== null && found.retryAt <= it.clock()) return undefined
      return found
    },

    /**
     * Looks for a model, unless somebody does already or too many are looked for.
     *
     * @param found is called once it is known; not after the signal was aborted
     * @returns whether it is being looked for
     */
    look(id: string, uri: string, found: () => Promise<void>): boolean {
      if (looking.has(id)) return true
      if (looking.size >= AT_ONCE) return false
      looking.add(id)
      const tries = known.get(id)?.tries ?? 0
      void findModel(it, uri, tries)
        .then((model) => {
          if (signal.aborted) return
          known.delete(id)
          known.set(id, { ...model, tries: tries + 1 })
          const [oldest] = known.keys()
          if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest)
          return found()
        })
        .catch(() => {})
        .finally(() => looking.delete(id))
      return true
    },
  }
}
