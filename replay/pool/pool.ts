import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Hex } from 'viem'
import type { RuntimeKind } from '../runtime/runtime.ts'
import type { Batch, BatchResult } from './child.ts'
import { isolationCommand } from './isolation.ts'
import { type JobVariant, type ReplayJob, type ReplayOutcome, sessionKey } from './job.ts'
import { defaultMemoryMb } from './memory.ts'
import { Schedule, type Waiting } from './schedule.ts'
import { type SignatureOutcome, Signatures } from './signatures.ts'
import { type Member, type Need, Staff } from './staff.ts'

export type { ReplayJob, ReplayOutcome } from './job.ts'
export type { SignatureOutcome } from './signatures.ts'

/** How a pool is set up. */
export interface PoolOptions {
  /** children that run at once (default: one for each core but one) */
  workers?: number
  /** longest a job may take in ms, loading the model included (default 30,000) */
  timeoutMs?: number
  /** address space of a child in MiB (default 4096); Node and the runtimes take about 1,100 */
  memoryMb?: number
  /** resident memory of all children together in MiB (default: half of the machine's or the container's) */
  totalMemoryMb?: number
  /** keep a new process ready for a second opinion by WASM (default true): an opinion is then there sooner */
  spare?: boolean
}

/** A job on its way through the pool. */
interface Task extends Waiting {
  readonly key: string
  readonly modelHash: string
  readonly modelPath: string
  readonly input: Uint8Array | string
  readonly runtime: RuntimeKind
  readonly variant: JobVariant
  readonly expected: string | undefined
  /** how often its process died */
  readonly deaths: number
  readonly settle: (outcome: ReplayOutcome) => void
}

/**
 * Runs models in child processes, each under limits of address space, CPU and wall time, and without a network where
 * the system can do that, so that a model that hangs, crashes or eats memory costs its own job only.
 *
 * Jobs of one model travel in batches to a child that has it loaded, where there is one; see `Schedule` for who is
 * next, and `Staff` for who runs it.
 */
export class Pool {
  readonly #schedule = new Schedule<Task>()
  readonly #timeoutMs: number
  readonly #options: PoolOptions
  readonly #signatures = new Signatures((job) => this.replay(job))
  #staff: Staff | undefined
  #starting: Promise<void> | undefined
  #running = new Set<Promise<void>>()
  #arrivals = 0
  #awake = false
  #closed = false

  constructor(options: PoolOptions = {}) {
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 30_000
  }

  /** Replays one job. Never rejects. Many jobs may wait at once; they are what batches are made of. */
  replay(job: ReplayJob): Promise<ReplayOutcome> {
    return new Promise((settle) => {
      if (this.#closed) return settle(closed)
      const { modelPath, input, runtime, variant = 'canonical', priority = 0, fresh: alone = false, expected } = job
      const modelHash = job.modelHash.toLowerCase()
      const key = sessionKey({ runtime, variant, modelHash })
      // Written out, because an object that begins with a spread takes V8 7 µs to build.
      this.#schedule.add({
        key,
        lane: laneOf(key, alone),
        priority,
        alone,
        bytes: typeof input === 'string' ? 0 : input.length,
        arrival: this.#arrivals++,
        modelHash,
        modelPath,
        input,
        runtime,
        variant,
        expected,
        deaths: 0,
        settle,
      })
      this.#wake()
    })
  }

  /**
   * What a model takes and gives: names, element types and dimensions. Asked once of a child, under the limits of a replay.
   * Never rejects.
   *
   * @param priority smaller first, as of a job
   */
  signature(modelHash: Hex, modelPath: string, priority?: number): Promise<SignatureOutcome> {
    return this.#signatures.of(modelHash, modelPath, priority)
  }

  /** Ends all children. Jobs that wait or run end as `failed`. */
  async close(): Promise<void> {
    this.#closed = true
    for (const task of this.#schedule.drain()) task.settle(closed)
    await this.#starting
    await this.#staff?.close()
    await Promise.all(this.#running)
  }

  /** Looks for work soon: after whoever calls has handed in all jobs of this turn, since they make one batch. */
  #wake(): void {
    if (this.#awake) return
    this.#awake = true
    setImmediate(() => {
      this.#awake = false
      if (this.#staff) this.#dispatch(this.#staff)
      else this.#starting ??= this.#start()
    })
  }

  async #start(): Promise<void> {
    const isolation = await isolationCommand()
    if (this.#closed) return
    this.#staff = new Staff({
      workers: this.#options.workers ?? Math.max(1, availableParallelism() - 1),
      memoryMb: this.#options.memoryMb ?? 4096,
      totalMemoryMb: this.#options.totalMemoryMb ?? defaultMemoryMb(),
      timeoutMs: this.#timeoutMs,
      spare: this.#options.spare ?? true,
      isolation,
    })
    this.#dispatch(this.#staff)
  }

  /** Starts batches as long as there are jobs and children to run them. */
  #dispatch(staff: Staff): void {
    for (;;) {
      // Strictly in order, even when a later job would fit where the next one does not: it would wait for ever.
      const next = this.#closed ? undefined : this.#schedule.next(({ key }) => staff.isWarm(key))
      if (!next) return
      const need: Need = { key: next.key, runtime: next.runtime, modelBytes: sizeOf(next.modelPath), alone: next.alone }
      const member = staff.hire(need)
      if (!member) return
      const running = this.#run(this.#schedule.take(next.lane), member, need, staff)
      this.#running.add(running)
      void running.finally(() => this.#running.delete(running))
    }
  }

  async #run(tasks: Task[], member: Member, need: Need, staff: Staff): Promise<void> {
    const [first] = tasks as [Task]
    const open = new Map(tasks.entries())
    const inline = tasks.flatMap(({ input }) => (typeof input === 'string' ? [] : [input]))
    const batch: Batch = {
      message: {
        modelHash: first.modelHash,
        modelPath: first.modelPath,
        variant: first.variant,
        inputs: tasks.map(({ input }) => (typeof input === 'string' ? input : null)),
        hold: tasks.some(({ expected }) => expected !== undefined),
      },
      blobs: inline,
      expected: tasks.map(({ expected }) => expected),
      timeoutMs: this.#timeoutMs,
      onOutcome(index, outcome) {
        open.get(index)?.settle(outcome)
        open.delete(index)
      },
    }
    const used = member.child.used
    const result = await member.child.run(batch)
    staff.release(member, need, result)
    this.#conclude(open, result, used)
    staff.prepareSpare()
    this.#dispatch(staff)
  }

  /** Decides what becomes of the jobs of a batch that were not answered. */
  #conclude(open: Map<number, Task>, result: BatchResult, used: boolean): void {
    for (const [index, task] of open) {
      if (this.#closed) task.settle(closed)
      else if (result.kind === 'notStarted') this.#retry(task, task.deaths > 0, noStart(result.reason), true)
      // Not begun, or ended in the same instant as the one that is to blame.
      else if (result.kind === 'done' || index !== result.at) this.#schedule.add(task)
      else if (result.kind === 'timedOut')
        task.settle({
          kind: 'failed',
          reason: `the model did not finish within ${this.#timeoutMs} ms`,
          retryable: true,
        })
      // An earlier job may have done it to the process. In one that has run nothing else, a job has only itself to
      // blame; unless the system killed it, which may have been short of memory for somebody else's sake.
      else
        this.#retry(
          task,
          task.deaths > 0 || (!used && index === 0 && !result.killed),
          died(result.reason),
          result.killed,
        )
    }
  }

  /** Tries a job once more, in a process of its own. */
  #retry(task: Task, final: boolean, reason: string, retryable: boolean): void {
    if (final) task.settle({ kind: 'failed', reason, retryable })
    else this.#schedule.add({ ...task, deaths: task.deaths + 1, alone: true, lane: laneOf(task.key, true) })
  }
}

const closed: ReplayOutcome = { kind: 'failed', reason: 'the pool is closed', retryable: true }
const died = (reason: string) => `the process that ran the model died (${reason})`
const noStart = (reason: string) => `the process that runs models could not be started (${reason})`
const laneOf = (key: string, alone: boolean) => (alone ? `${key} alone` : key)

/** 0 for a file that is not there: the child says so. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}
