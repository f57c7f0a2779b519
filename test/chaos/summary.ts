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
  readonly memory: { readonly rssMb: readonly number[]; readonly heapMb: readonly number[] }
  /** how often each process was started */
  readonly starts: Readonly<Record<string, number>>
  readonly seconds: number
}

/** The watcher's memory may be so much higher in the end than after a third of the run: caches fill, and no run is like the other. */
const MEMORY_SLACK = 1.25
const MEMORY_SLACK_MB = 32

/** Where memory is not flat, in words; empty when it is. Pure. */
export function memoryFaults(memory: readonly Memory[]): string[] {
  const first = memory[0] as Memory
  const last = memory.at(-1) as Memory
  return (['rss', 'heapUsed'] as const)
    .filter((what) => mb(last[what]) > mb(first[what]) * MEMORY_SLACK + MEMORY_SLACK_MB)
    .map((what) => `memory grows: ${what} from ${mb(first[what])} to ${mb(last[what])} MiB`)
}

/** MiB, rounded. */
export function mb(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
