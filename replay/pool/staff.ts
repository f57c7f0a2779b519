import type { RuntimeKind } from '../runtime/runtime.ts'
import { type BatchResult, Child } from './child.ts'
import { BASE_MB, MemoryEstimates } from './memory.ts'
import { memoryOf, resetPeak } from './usage.ts'

/** What a batch needs of a child. */
export interface Need {
  /** see `sessionKey` */
  readonly key: string
  readonly runtime: RuntimeKind
  readonly modelBytes: number
  /** a process that has run nothing before */
  readonly alone: boolean
}

/** A child on the payroll, with what is known of it. */
export interface Member {
  readonly child: Child
  readonly runtime: RuntimeKind
  /** it ends after its first batch */
  readonly forOneJob: boolean
  /** keys of the sessions it holds */
  loaded: ReadonlySet<string>
  /** resident memory in MiB: before the batch it runs, or as it is while it waits */
  rssMb: number
  /** what its batch may take, in MiB; 0 while it waits */
  reservedMb: number
  refusals: number
  /** when its batch began, by `performance.now()` */
  since: number
}

export interface StaffOptions {
  readonly workers: number
  readonly memoryMb: number
  readonly totalMemoryMb: number
  readonly timeoutMs: number
  readonly spare: boolean
  readonly isolation: readonly string[]
}

/**
 * A refusal to open a model is an ordinary answer: the runtime reports it before anything has run, and a new process
 * for each would let a flood of broken models cost us much more than their sender. But what a parser of hostile bytes
 * may leave behind adds up, so a child does not live through any number of them. An exception while a model *runs*
 * comes out of the middle of its operators, with buffers half written: that child takes no other job.
 */
const MAX_REFUSALS = 50
/** CPU time of a kept child in seconds. It retires at half, so that the limit itself meets only what runs wild. */
const KEPT_CPU_SECONDS = 600
const START_CPU_SECONDS = 60
/** Batches longer than this are followed by a look at the memory they took. */
const LOOK_MS = 20

/** The children of a pool: who is free, who is busy, who may be hired beside them, and one spare for second opinions. */
export class Staff {
  readonly #options: StaffOptions
  readonly #estimates = new MemoryEstimates()
  /** least recently used first */
  #idle: Member[] = []
  readonly #busy = new Set<Member>()
  #spare: Member | undefined
  #closed = false

  constructor(options: StaffOptions) {
    this.#options = options
  }

  /** Whether a free child has the session open. */
  isWarm(key: string): boolean {
    return this.#idle.some((member) => member.loaded.has(key) && member.child.alive)
  }

  /** Finds or starts a child for a batch; undefined when all are busy, or its memory does not fit beside what runs. */
  hire(need: Need): Member | undefined {
    if (this.#busy.size >= this.#options.workers) return undefined
    this.#idle = this.#idle.filter(({ child }) => child.alive)
    const free = need.alone ? this.#freshFor(need) : this.#keptFor(need)
    const growth = this.#estimates.growthOf(need.key, need.modelBytes)
    const wanted = growth + (free?.rssMb ?? BASE_MB[need.runtime])
    if (!this.#makeRoom(wanted, free)) return undefined
    if (free === this.#spare) this.#spare = undefined
    this.#idle = this.#idle.filter((member) => member !== free)
    // Kept children are as many as may run at once; all that wait are for the other runtime, so one makes room.
    if (!free && !need.alone && this.#idle.length + this.#busy.size >= this.#options.workers)
      void this.#idle.shift()?.child.kill()
    const member = free ?? this.#start(need.runtime, need.alone)
    member.reservedMb = wanted
    member.since = performance.now()
    this.#busy.add(member)
    return member
  }

  /** Takes a child back after its batch: to be kept, or to be ended. */
  release(member: Member, need: Need, result: BatchResult): void {
    this.#busy.delete(member)
    member.reservedMb = 0
    if (result.kind === 'died' && result.killed) this.#estimates.fear(need.key)
    if (result.kind !== 'done') return void member.child.kill()
    const { end } = result
    // To ask the system takes some 50 µs, so after short batches of a model that is loaded it is left for another time.
    if (!member.loaded.has(need.key) || performance.now() - member.since > LOOK_MS) {
      const seen = memoryOf(member.child.pid) ?? end
      this.#estimates.learn(need.key, Math.max(0, seen.peakMb - member.rssMb))
      member.rssMb = seen.rssMb
      resetPeak(member.child.pid)
    }
    member.loaded = new Set(end.loaded)
    member.refusals += end.refusals
    const worn = member.refusals >= MAX_REFUSALS || end.cpuSeconds > this.#cpuSeconds(false) / 2
    if (end.spoiled || worn || member.forOneJob || this.#closed) void member.child.kill()
    else this.#idle.push(member)
  }

  /** Starts the spare, unless there is one, or no memory for it. */
  prepareSpare(): void {
    if (!this.#options.spare || this.#closed || this.#spare?.child.alive) return
    if (this.#total() + BASE_MB.wasm <= this.#options.totalMemoryMb) this.#spare = this.#start('wasm', true)
  }

  /** Ends all children. */
  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#idle, ...this.#busy, ...(this.#spare ? [this.#spare] : [])]
    await Promise.all(all.map(({ child }) => child.kill()))
  }

  #freshFor({ runtime }: Need): Member | undefined {
    return runtime === 'wasm' && this.#spare?.child.alive ? this.#spare : undefined
  }

  #keptFor({ key, runtime }: Need): Member | undefined {
    const fitting = this.#idle.filter((member) => member.runtime === runtime)
    return fitting.findLast(({ loaded }) => loaded.has(key)) ?? fitting[0]
  }

  /** Ends children that wait until so much memory is free; false when it is not, and something runs. */
  #makeRoom(wantedMb: number, chosen: Member | undefined): boolean {
    const fits = () => this.#total(chosen) + wantedMb <= this.#options.totalMemoryMb
    while (!fits()) {
      const victim =
        this.#idle.find((member) => member !== chosen) ?? (this.#spare !== chosen ? this.#spare : undefined)
      if (!victim) break
      void victim.child.kill()
      this.#idle = this.#idle.filter((member) => member !== victim)
      if (this.#spare === victim) this.#spare = undefined
    }
    return fits() || this.#busy.size === 0
  }

  /** Memory of all children but one, in MiB: reserved by those that run, taken by those that wait. */
  #total(but?: Member): number {
    const all = [...this.#idle, ...this.#busy, ...(this.#spare ? [this.#spare] : [])]
    return all.reduce((sum, member) => (member === but ? sum : sum + (member.reservedMb || member.rssMb)), 0)
  }

  #start(runtime: RuntimeKind, forOneJob: boolean): Member {
    const { memoryMb, isolation } = this.#options
    const child = new Child({ runtime, memoryMb, cpuSeconds: this.#cpuSeconds(forOneJob), forOneJob }, isolation)
    return {
      child,
      runtime,
      forOneJob,
      loaded: new Set(),
      rssMb: BASE_MB[runtime],
      reservedMb: 0,
      refusals: 0,
      since: 0,
    }
  }

  #cpuSeconds(forOneJob: boolean): number {
    const wall = this.#options.timeoutMs / 1000
    return forOneJob ? START_CPU_SECONDS + 2 * wall : Math.max(KEPT_CPU_SECONDS, START_CPU_SECONDS + 4 * wall)
  }
}
