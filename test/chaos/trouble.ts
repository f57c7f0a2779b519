/** How an RPC endpoint misbehaves; each stands for several troubles of `faulty-rpc.ts`, drawn by the run's seed. */
export type RpcTrouble = 'errors' | 'timeouts' | 'rateLimit' | 'staleHead' | 'lies'

/** Whose endpoints: each process has endpoints of its own. */
export type Side = 'watcher' | 'index'

/**
 * Something that goes wrong in a chaos run.
 *
 * - `rpc`: one endpoint of a process misbehaves
 * - `blackout`: all endpoints of a process do not answer
 * - `reorg`: the last `depth` blocks are replaced; what was in them comes back at once, later, or never
 * - `chainClock`: the next block is so many seconds later than it should be
 * - `wallClock`: the watcher's own clock jumps by so many seconds, and back when the trouble ends
 * - `fullDisk`: nothing can be written to the watcher's data folder
 * - `replayersDie`: all processes that replay are killed, once a block
 * - `feeSpike`: a unit of gas costs so many gwei
 * - `indexDies`: the index is killed without notice, and started again by its supervisor; over once it is up
 * - `artifactsAway`: the servers that hold models, inputs and traces answer nothing
 */
export type Trouble =
  | { kind: 'rpc'; side: Side; endpoint: number; what: RpcTrouble }
  | { kind: 'blackout'; side: Side }
  | { kind: 'reorg'; depth: number }
  | { kind: 'chainClock'; seconds: number }
  | { kind: 'wallClock'; seconds: number }
  | { kind: 'fullDisk' }
  | { kind: 'replayersDie' }
  | { kind: 'feeSpike'; gwei: number }
  | { kind: 'indexDies' }
  | { kind: 'artifactsAway' }

/** A trouble and when it comes over the run, both in blocks of the run; one that lasts 0 blocks happens and is over. */
export type Scheduled = Trouble & { at: number; lasts: number }

/** What a trouble is counted as. */
export function nameOf(trouble: Trouble): string {
  return trouble.kind === 'rpc' ? `rpc ${trouble.what}` : trouble.kind
}

/** All names that {@link nameOf} gives. */
export const troubleNames: readonly string[] = [
  ...['errors', 'timeouts', 'rateLimit', 'staleHead', 'lies'].map((what) => `rpc ${what}`),
  ...['blackout', 'reorg', 'chainClock', 'wallClock', 'fullDisk', 'replayersDie', 'feeSpike', 'indexDies'],
  'artifactsAway',
]
