import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import PQueue from 'p-queue'
import type { Hex } from 'viem'
import { decodeTensors, encodeTensors, type NamedTensors } from '../protocol/tensor.ts'
import { Child, type ChildResult } from './child.ts'
import type { JobMessage } from './job.ts'
import { messageOf } from './quote.ts'
import type { RuntimeKind } from './runtime.ts'

export interface ReplayJob {
  /** `0x…` sha256 of the model file; the child checks it. */
  modelHash: Hex
  /** The model in the artifact store. */
  modelPath: string
  inputs: NamedTensors
  runtime: RuntimeKind
  /** Run in a new process that does this one job: what a second opinion needs to be independent. */
  fresh?: boolean
}

export type ReplayOutcome =
  | {
      kind: 'outputs'
      outputs: NamedTensors
      /** Name and version, e.g. `onnxruntime-node 1.30.0`. */
      runtime: string
      /** Time in the child, loading included. */
      ms: number
    }
  | {
      kind: 'failed'
      /** A sentence for people. */
      reason: string
      /** Whether the same job may well succeed later: true for time-outs, shortage of memory and a closed pool. */
      retryable: boolean
    }

/**
 * Addresses in MiB that a child for WASM gets beside its memory: V8 reserves a memory's maximum, 4 GiB, anew whenever
 * the memory grows. Reserved is not used: a model cannot touch more than the 4 GiB that 32 bits can name.
 */
const WASM_RESERVE_MB = 28 * 1024

/**
 * Runs models in child processes, each under a limit of address space and time, so that a model that hangs, crashes or
 * eats memory costs its own job only. A child is started when a job first needs it and then kept with its models
 * loaded; a job goes to the child that ran its model last, where there is a choice.
 */
export class Pool {
  #queue: PQueue
  #timeoutMs: number
  #memoryMb: number
  #idle: Child[] = []
  #busy = new Set<Child>()
  #closed = false

  /**
   * @param options.workers children that run at once (default: one for each core but one)
   * @param options.timeoutMs longest a job may take, loading the model included (default 30 s)
   * @param options.memoryMb address space of a child in MiB (default 4096); Node and the runtimes take about 1,100
   */
  constructor(options: { workers?: number; timeoutMs?: number; memoryMb?: number } = {}) {
    this.#queue = new PQueue({ concurrency: options.workers ?? Math.max(1, availableParallelism() - 1) })
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#memoryMb = options.memoryMb ?? 4096
  }

  /** Replays one job. Never rejects; a child that dies under it is replaced and the job tried once more. */
  replay(job: ReplayJob): Promise<ReplayOutcome> {
    return this.#queue.add(async (): Promise<ReplayOutcome> => {
      try {
        const message: JobMessage = {
          modelHash: job.modelHash.toLowerCase(),
          modelPath: resolve(job.modelPath),
          inputs: encodeTensors(job.inputs),
          runtime: job.runtime,
        }
        let result = await this.#attempt(message, job.fresh ?? false)
        // The first child may have died of what an earlier model did to it; a new one has only itself to blame.
        if (result.kind === 'died' && !this.#closed) result = await this.#attempt(message, true)
        return this.#outcome(result)
      } catch (error) {
        return { kind: 'failed', reason: messageOf(error), retryable: false }
      }
    })
  }

  /** Ends all children. Jobs that wait or run end as `failed`. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#idle, ...this.#busy].map((child) => child.kill()))
    await this.#queue.onIdle()
  }

  async #attempt(message: JobMessage, fresh: boolean): Promise<ChildResult> {
    if (this.#closed) return { kind: 'died', reason: 'the pool is closed', killed: true }
    const key = `${message.runtime} ${message.modelHash}`
    const child = fresh ? this.#start(message.runtime, true) : this.#take(key, message.runtime)
    this.#busy.add(child)
    const result = await child.run(message, this.#timeoutMs)
    this.#busy.delete(child)
    child.lastKey = key
    const spoiled = result.kind === 'timedOut' || (result.kind === 'failed' && result.spoiled)
    if (fresh || spoiled || this.#closed) void child.kill()
    else if (child.alive) this.#idle.push(child)
    return result
  }

  #take(key: string, runtime: RuntimeKind): Child {
    this.#idle = this.#idle.filter((child) => child.alive)
    const fitting = this.#idle.filter((child) => child.runtime === runtime)
    const match = fitting.find(({ lastKey }) => lastKey === key)
    // A queue slot is free, so at most concurrency − 1 children are busy, and one more may start before any is shared.
    if (!match && this.#idle.length + this.#busy.size < this.#queue.concurrency) return this.#start(runtime)
    const child = match ?? fitting[0]
    if (child) {
      this.#idle.splice(this.#idle.indexOf(child), 1)
      return child
    }
    // All that wait are for the other runtime: one makes room.
    void this.#idle.shift()?.kill()
    return this.#start(runtime)
  }

  #start(runtime: RuntimeKind, forOneJob = false): Child {
    const memoryMb = this.#memoryMb + (runtime === 'wasm' ? WASM_RESERVE_MB : 0)
    return new Child({ runtime, memoryMb, forOneJob })
  }

  #outcome(result: ChildResult): ReplayOutcome {
    switch (result.kind) {
      case 'outputs':
        // Decoded here, strictly: the child may be in the hands of the model it ran.
        return {
          kind: 'outputs',
          outputs: decodeTensors(result.outputs),
          runtime: String(result.runtime),
          ms: Number(result.ms),
        }
      case 'failed':
        return { kind: 'failed', reason: String(result.reason), retryable: false }
      case 'timedOut':
        return { kind: 'failed', reason: `the model did not finish within ${this.#timeoutMs} ms`, retryable: true }
      case 'died':
        return {
          kind: 'failed',
          reason: this.#closed ? 'the pool is closed' : `the process that ran the model died (${result.reason})`,
          retryable: this.#closed || result.killed,
        }
    }
  }
}
