import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hex } from 'viem'
import { isSettled } from '../../protocol/status.ts'
import { accountOf, faultsOf } from './account.ts'
import { chainClient, factsOf, openActionsIn, resultsOf } from './facts.ts'
import { finalizeOverdue } from './janitor.ts'
import { journalCounts } from './journal-counts.ts'
import type { Memory } from './processes.ts'
import { scheduleOf } from './schedule.ts'
import { type ChaosOptions, type ChaosSummary, mb, memoryFaults } from './summary.ts'
import { startTheatre, type Theatre } from './theatre.ts'
import { Troubles } from './troubles.ts'

/** Blocks after which a run that is not settled is given up. */
const PATIENCE_BLOCKS = 400
/** Real milliseconds that a block waits for an index that lags, at most. Half of what a real chain would leave it. */
const SLOWEST_BLOCK_MS = 6_000
/** Real milliseconds from block to block at most when nothing goes wrong any more. */
const CALM_BLOCK_MS = 500
/** Blocks from one look at what is settled to the next. */
const LOOK_BLOCKS = 5

/** Plays one run: a chain, the contracts, nodes good and bad, an index, a live watcher, and everything that goes wrong. */
export async function runChaos(options: ChaosOptions): Promise<ChaosSummary> {
  const startedAt = performance.now()
  const theatre = await startTheatre(options)
  let ok = false
  try {
    const { deployment, watcher, disk, processes, world } = theatre
    const before = await chainClient(deployment).getBalance({ address: watcher.address })
    const began = world.second
    const play = new Play(theatre, options)
    await play.troubled()
    const troubled = world.second - began
    await play.calm()
    await theatre.stopProcesses()
    const badIds = play.badIds()
    const facts = await factsOf({ deployment, watcher: watcher.address, dataDir: disk.folder, before, badIds })
    const account = accountOf(facts)
    const journal = await journalCounts(disk.folder)
    const faults = [...faultsOf(account), ...memoryFaults(play.memory)]
    if (account.results < play.expected) faults.push(`of ${play.expected} results only ${account.results} were posted`)
    if (processes.starts.watcher > 1) faults.push(`the watcher died ${processes.starts.watcher - 1} times`)
    if (journal.trips) faults.push('the circuit breaker was tripped')
    ok = faults.length === 0
    const { counts: troubles, reorgs } = play.troubles
    return {
      ...{ seeds: options.seeds, ok, faults, account, troubles, reorgs, journal },
      lessened: disk.isReal ? [] : ['fullDisk: no small file system can be mounted, so only the journal was full'],
      minutes: { troubled: minutesOf(troubled), all: minutesOf(world.second - began) },
      memory: {
        rssMb: play.memory.map(({ rss }) => mb(rss)),
        heapMb: play.memory.map(({ heapUsed }) => mb(heapUsed)),
        externalMb: play.memory.map(({ external }) => mb(external)),
      },
      ...{ starts: processes.starts, seconds: Math.round((performance.now() - startedAt) / 1000) },
    }
  } finally {
    await theatre.stopProcesses()
    // What went wrong is to be looked into.
    if (!ok) cpSync(join(theatre.disk.folder, 'journal.sqlite'), join(theatre.folder, 'journal.sqlite'))
    await theatre.stop()
    if (ok) rmSync(theatre.folder, { recursive: true, force: true })
  }
}

/** A run, block by block. */
class Play {
  readonly troubles: Troubles
  readonly memory: Memory[] = []
  /** how many results there will be */
  readonly expected: number
  readonly #theatre: Theatre
  readonly #options: ChaosOptions
  readonly #say: (line: string) => void
  #block = 0

  constructor(theatre: Theatre, options: ChaosOptions) {
    this.#theatre = theatre
    this.#options = options
    this.#say = options.say ?? (() => {})
    this.troubles = new Troubles({ ...theatre, say: this.#say })
    this.expected = options.results + theatre.hostility.results.size
  }

  /** Ids of the results that ought to be challenged, by whoever made them. */
  badIds(): Set<string> {
    const { cast, hostility } = this.#theatre
    const own = cast.answers().flatMap(({ resultId, dishonest }) => (dishonest ? [resultId] : []))
    const strange = [...hostility.results].flatMap(([resultId, { isBad }]) => (isBad ? [resultId] : []))
    return new Set<string>([...own, ...strange])
  }

  /** One seed's troubles after the other. */
  async troubled(): Promise<void> {
    const { seeds } = this.#options
    const { blocks, processes } = this.#theatre
    const third = Math.floor((blocks * seeds.length) / 3)
    for (const seed of seeds) {
      const schedule = scheduleOf(seed, blocks)
      this.#say(`seed ${seed}: ${schedule.length} troubles in ${blocks} blocks`)
      for (let at = 0; at < blocks; at++) {
        await this.troubles.begin(schedule.filter((scheduled) => scheduled.at === at))
        await this.#tick(this.#options.blockMs)
        if (this.#block === third || this.#block === 2 * third) this.memory.push(await processes.memory())
      }
      await this.troubles.endAll()
    }
  }

  /** Without troubles, until everything is settled and the watcher has its money. */
  async calm(): Promise<void> {
    const { deployment, hostility, disk, janitor, processes } = this.#theatre
    this.#say('calm: waiting for everything to be settled')
    for (let waited = 0; waited < PATIENCE_BLOCKS; waited++) {
      await this.#tick(Math.min(CALM_BLOCK_MS, this.#options.blockMs))
      if (waited % LOOK_BLOCKS !== 0) continue
      await finalizeOverdue(deployment, janitor, hostility.results.keys() as Iterable<Hex>)
      const results = await resultsOf(deployment, this.badIds())
      const settled = results.filter(({ status }) => isSettled(status)).length
      this.#say(`block ${this.#block}: ${settled} of ${results.length} settled, ${this.expected} expected`)
      if (settled < this.expected || settled < results.length) continue
      if ((await openActionsIn(disk.folder)) === 0) break
    }
    this.memory.push(await processes.memory())
  }

  async #tick(blockMs: number): Promise<void> {
    const { processes, cast, hostility, indexed } = this.#theatre
    if (processes.failed.aborted) throw processes.failed.reason
    this.#options.signal?.throwIfAborted()
    const at = performance.now()
    await cast.send(this.#block)
    await hostility.send(this.#block)
    await this.troubles.mine()
    this.#block++
    // Chain time runs faster than the clock only as long as this machine keeps up.
    if (!this.troubles.stopsIndex) await indexed(SLOWEST_BLOCK_MS)
    await sleep(Math.max(0, blockMs - (performance.now() - at)))
  }
}

const minutesOf = (seconds: number) => Math.round(seconds / 6) / 10
