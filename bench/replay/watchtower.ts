import { mkdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import { type Logger, pino } from 'pino'
import { type Journal, openJournal } from '../../journal/open.ts'
import { type VerdictRow, verdictsOf } from '../../journal/queries.ts'
import { Artifacts } from '../../replay/artifacts/artifacts.ts'
import { Pool } from '../../replay/pool/pool.ts'
import type { Collected } from '../../watcher/collect.ts'
import { judge } from '../../watcher/judge.ts'
import { cpuMs, descendants, residentMb } from './cpu.ts'
import type { Posted } from './posted.ts'

/** What judging some results took. */
export interface Judged {
  readonly rows: VerdictRow[]
  /** CPU time in ms of this process, and of the children */
  readonly ownMs: number
  readonly childrenMs: number
  readonly wallMs: number
  /** resident memory of the children at its peak, in MiB; 0 unless it was watched */
  readonly peakMb: number
}

/** The part of the watcher that judges, as `watch` puts it together: artifact store, pool of one worker, journal. */
export class Watchtower {
  readonly artifacts: Artifacts
  readonly #journal: Journal
  readonly #log: Logger
  #pool: Pool
  #keys = 0

  private constructor(artifacts: Artifacts, journal: Journal) {
    this.artifacts = artifacts
    this.#journal = journal
    // Where lines go to is none of the ways measured here.
    this.#log = pino({ enabled: false })
    this.#pool = new Pool({ workers: 1 })
  }

  static async open(folder: string): Promise<Watchtower> {
    mkdirSync(folder, { recursive: true })
    return new Watchtower(
      new Artifacts({ directory: join(folder, 'artifacts') }),
      await openJournal(join(folder, 'journal.db')),
    )
  }

  /** A pool that has loaded no model, with its child and its spare ready. */
  async renewPool(posted: Posted): Promise<void> {
    await this.#pool.close()
    this.#pool = new Pool({ workers: 1 })
    await this.judge(posted, 1, 1)
    await this.settle()
  }

  /** Judges so many results, in turn, with so many in hand. */
  async judge(posted: Posted, count: number, inHand: number, watchMemory = false): Promise<Judged> {
    // Touched, so that the store checks their hashes again: every result of a real node is a new one.
    const now = Date.now() / 1000
    for (const file of posted.files) utimesSync(file, now, now)
    const collected = await this.#observe(posted, count)
    const queue = new PQueue({ concurrency: inHand })
    const { signal } = new AbortController()
    const it = { artifacts: this.artifacts, pool: this.#pool, journal: this.#journal, log: this.#log, clock: Date.now }
    const pids = descendants()
    const before = sum(pids.map(cpuMs))
    const own = process.cpuUsage()
    // Looked at every few ms, and only where asked: each look holds up the judging.
    let peakMb = 0
    const look = () => {
      peakMb = Math.max(peakMb, residentMb(descendants()))
    }
    const looking = watchMemory ? setInterval(look, 5) : undefined
    const start = performance.now()
    await Promise.all(collected.map((one) => judge(it, one, 0, signal, (replay) => queue.add(replay, { priority: 0 }))))
    const wallMs = performance.now() - start
    clearInterval(looking)
    const { user, system } = process.cpuUsage(own)
    const childrenMs = sum(descendants().map(cpuMs)) - before
    const verdicts = new Map<string, VerdictRow>()
    for (let at = 0; at < collected.length; at += 1000)
      for (const [key, row] of await verdictsOf(
        this.#journal,
        collected.slice(at, at + 1000).map(({ key }) => key),
      ))
        verdicts.set(key, row)
    if (verdicts.size !== count) throw new Error(`${count - verdicts.size} of ${count} verdicts are not in the journal`)
    return { rows: [...verdicts.values()], ownMs: (user + system) / 1000, childrenMs, wallMs, peakMb }
  }

  /** Waits until no child does anything: a spare that starts would count for what is measured next. */
  async settle(): Promise<void> {
    for (let last = -1, now = 0; last !== now; ) {
      last = now
      await sleep(300)
      now = Math.round(sum(descendants().map(cpuMs)) / 5)
    }
  }

  async close(): Promise<void> {
    await this.#pool.close()
    await this.#journal.destroy()
  }

  /** Observations in the journal that verdicts can refer to. */
  async #observe({ results }: Posted, count: number): Promise<Collected[]> {
    const collected = Array.from({ length: count }, (_, i) => {
      const result = results[i % results.length] as Collected['result']
      return { key: `31337/${result.id}/${this.#keys++}`, result }
    })
    for (let at = 0; at < count; at += 500)
      await this.#journal
        .insertInto('observation')
        .values(
          collected.slice(at, at + 500).map(({ key, result }) => ({
            ...{ key, resultId: result.id, requestId: result.request.id, modelId: result.model.id },
            ...{ node: result.node.id, blockNumber: 1, blockHash: result.blockHash, settlement: null },
            ...{ seenAt: 0, vanishedAt: null },
          })),
        )
        .execute()
    return collected
  }
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
