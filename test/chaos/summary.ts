import type { Account } from './account.ts'
import type { Memory } from './processes.ts'

/** What a chaos run is to be like. */
export interface ChaosOptions {
  /** decides everything: what goes wrong when, who is asked for what. Several are played one after the other on one stage */
  readonly seeds: readonly number[]
  /** minutes of chain time that troubles come, for each seed */
  readonly minutes: number
  /** how many results are asked for in all */
  readonly results: number
  /** how many things strangers put on the chain in all */
  readonly hostile: number
  /** real milliseconds from one block to the next */
  readonly blockMs: number
  /** whether the demo's real models are served beside the tiny one */
  readonly real: boolean
  /** told about what happens */
  readonly say?: (line: string) => void
  /** ends the run at the next block, with an error, and everything that it started */
  readonly signal?: AbortSignal
}

/** How a chaos run went; what `npm run chaos` prints. */
export interface ChaosSummary {
  readonly seeds: readonly number[]
  readonly ok: boolean
  /** what is not as it must be, in words */
  readonly faults: readonly string[]
  readonly account: Account
  /** how often each trouble came */
  readonly troubles: Readonly<Record<string, number>>
  /** troubles that this machine does not let us have in full */
  readonly lessened: readonly string[]
  readonly reorgs: { readonly count: number; readonly deepest: number; readonly transactions: number }
  /** what the watcher found and did, by its journal */
  readonly journal: Readonly<Record<string, number>>
  /** minutes of chain time, troubled and altogether */
  readonly minutes: { readonly troubled: number; readonly all: number }
  /** of the watcher, in MiB, once garbage is collected: after a third of the troubled time, two thirds, and in the end */
  readonly memory: {
    readonly rssMb: readonly number[]
    readonly heapMb: readonly number[]
    /** outside of the heap: buffers */
    readonly externalMb: readonly number[]
  }
  /** how often each process was started */
  readonly starts: Readonly<Record<string, number>>
  readonly seconds: number
}

/** What may be in use at the end of a run and was not after its first third: caches fill, and no run is like another. */
const HEAP_SLACK_MB = 24
/** What traces of real models take for a moment is given back late, so the process itself may be larger by this. */
const RSS_SLACK_MB = 192

/**
 * Where memory is not flat, in words; empty when it is. Pure. What is in use once garbage is collected tells of leaks; what
 * the process takes also has what was used for a moment, and is only bounded.
 */
export function memoryFaults(memory: readonly Memory[]): string[] {
  const first = memory[0] as Memory
  const last = memory.at(-1) as Memory
  const bounds = [
    ['heapUsed', HEAP_SLACK_MB],
    ['external', HEAP_SLACK_MB],
    ['rss', RSS_SLACK_MB],
  ] as const
  return bounds
    .filter(([what, slack]) => mb(last[what]) > mb(first[what]) + slack)
    .map(([what]) => `memory grows: ${what} from ${mb(first[what])} to ${mb(last[what])} MiB`)
}

/** MiB, rounded. */
export function mb(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
