import { setTimeout as sleep } from 'node:timers/promises'
import type { Cast } from './cast.ts'
import type { Disk } from './disk.ts'
import type { FaultyEndpoints } from './endpoints.ts'
import type { Processes } from './processes.ts'
import { nameOf, type Scheduled, type Trouble } from './trouble.ts'
import { BLOCK_SECONDS, type World } from './world.ts'

/** What troubles are brought over. */
export interface Stage {
  readonly world: World
  readonly endpoints: FaultyEndpoints
  readonly disk: Disk
  readonly processes: Processes
  readonly cast: Cast
  /** whether the index answers and is where the chain is */
  readonly isIndexUp: () => Promise<boolean>
  readonly say: (line: string) => void
}

/** A trouble that is on. */
interface Begun {
  end: () => void
  /** before each block under it */
  eachBlock?: () => void
  /** after each block under it; true when it has passed by itself */
  isOver?: () => Promise<boolean>
  stopsIndex?: boolean
}

/** Brings troubles over a stage, block by block, and ends them when their time is over. */
export class Troubles {
  readonly #stage: Stage
  #under: (Begun & { name: string; left: number })[] = []
  #skip = 0
  /** how often each came */
  readonly counts: Record<string, number> = {}
  readonly reorgs = { count: 0, deepest: 0, transactions: 0 }

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async begin(scheduled: readonly Scheduled[]): Promise<void> {
    for (const { at: _, lasts, ...trouble } of scheduled) {
      const name = nameOf(trouble)
      this.counts[name] = (this.counts[name] ?? 0) + 1
      this.#stage.say(`${JSON.stringify(trouble)} for ${lasts} blocks`)
      const begun = await this.#bring(trouble)
      if (begun) this.#under.push({ ...begun, name, left: lasts })
    }
  }

  /** Mines the next block, under what is the matter now. */
  async mine(): Promise<void> {
    for (const { eachBlock } of this.#under) eachBlock?.()
    const skip = this.#skip
    this.#skip = 0
    await this.#stage.world.mine(skip)
    for (const one of this.#under) {
      if (await one.isOver?.()) one.left = 0
      if (--one.left <= 0) one.end()
    }
    this.#under = this.#under.filter(({ left }) => left > 0)
  }

  /** Whether the index is not to follow the chain just now, so that nobody need wait for it. */
  get stopsIndex(): boolean {
    return this.#under.some(({ stopsIndex }) => stopsIndex)
  }

  async endAll(): Promise<void> {
    for (const { end } of this.#under) end()
    this.#under = []
    this.#stage.endpoints.heal()
  }

  async #bring(trouble: Trouble): Promise<Begun | undefined> {
    const { world, endpoints, disk, processes, cast, isIndexUp } = this.#stage
    switch (trouble.kind) {
      case 'rpc':
        return { end: await endpoints.spoil(trouble.side, trouble.endpoint, trouble.what) }
      case 'blackout':
        return { end: endpoints.blackout(trouble.side), stopsIndex: trouble.side === 'index' }
      case 'reorg': {
        const transactions = await world.reorg(trouble.depth)
        this.reorgs.count++
        this.reorgs.deepest = Math.max(this.reorgs.deepest, trouble.depth)
        this.reorgs.transactions += transactions
        return undefined
      }
      case 'chainClock':
        this.#skip += trouble.seconds
        return undefined
      case 'wallClock':
        processes.tell({ wallOffsetMs: trouble.seconds * 1000 })
        return { end: () => processes.tell({ wallOffsetMs: 0 }) }
      case 'fullDisk':
        disk.setFull(true)
        if (!disk.isReal) processes.tell({ full: true })
        return {
          end: () => {
            disk.setFull(false)
            processes.tell({ full: false })
          },
        }
      case 'replayersDie':
        return { end: () => {}, eachBlock: () => void processes.killReplayers() }
      case 'feeSpike':
        world.setFee(trouble.gwei)
        return { end: () => world.setFee(1) }
      case 'indexDies':
        processes.killIndex()
        // To start a process takes as long as it takes: chain time must not run faster than the clock meanwhile.
        return { end: () => {}, isOver: () => within(isIndexUp, BLOCK_SECONDS * 1000), stopsIndex: true }
      case 'artifactsAway':
        cast.setAway(true)
        return { end: () => cast.setAway(false) }
      default:
        return assertUnreachable(trouble)
    }
  }
}

async function within(condition: () => Promise<boolean>, ms: number): Promise<boolean> {
  for (const until = performance.now() + ms; performance.now() < until; await sleep(250))
    if (await condition()) return true
  return false
}

function assertUnreachable(trouble: never): never {
  throw new RangeError(`unknown trouble ${JSON.stringify(trouble)}`)
}
