import type { PublicClient } from 'viem'
import {
  type AttestedResult,
  type Attesting,
  type FollowedChain,
  intendAttestations,
  noteResults,
  signAttestations,
} from './attest.ts'

/** Milliseconds from one look for what can be signed to the next: blocks get deep slowly. */
const EVERY_MS = 10_000

/** Attests beside the loop; see {@link attestor}. */
export interface Attestor {
  /** Notes that these results are to be attested once they are judged: to be told right before a verdict is recorded. */
  note(results: readonly AttestedResult[]): Promise<void>
  /** Signs what has become deep enough; to be called in each round, which does not wait for it. */
  look(): void
  /** Ends when nothing is being signed any more. */
  stop(): Promise<void>
}

/** Attests verdicts beside the loop: no deadline waits for a signer that is slow. The same trouble is said once. */
export function attestor(it: Attesting, signal: AbortSignal, everyMs = EVERY_MS): Attestor {
  let running: Promise<void> | undefined
  let last = Number.NEGATIVE_INFINITY
  let failing = ''
  return {
    note: (results) => noteResults(it, results),
    look() {
      if (running || signal.aborted || it.clock() - last < everyMs) return
      last = it.clock()
      running = intendAttestations(it, signal)
        .then(() => signAttestations(it, signal))
        .then(() => {
          failing = ''
        })
        .catch((error: unknown) => {
          const { message } = error as Error
          if (message !== failing && !signal.aborted)
            it.log.warn({ err: error }, 'verdicts wait to be attested; trying again')
          failing = message
        })
        .finally(() => {
          running = undefined
        })
    },
    async stop() {
      await running
    },
  }
}

/** A followed network's chain as its endpoints show it. */
export function followedChain(client: PublicClient): FollowedChain {
  return {
    head: () => client.getBlockNumber({ cacheTime: 0 }),
    async hashAt(blockNumber) {
      try {
        return (await client.getBlock({ blockNumber })).hash
      } catch (error) {
        if ((error as Error).name === 'BlockNotFoundError') return null
        throw error
      }
    },
  }
}
