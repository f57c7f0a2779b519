import PQueue from 'p-queue'
import { PPM } from '../config/policy.ts'
import { challengeRecord, type History, historyOf } from '../journal/history.ts'
import { provabilityOf, verdictsOf } from '../journal/queries.ts'
import { recordUnchecked, sampleSalt, uncheckedOf } from '../journal/unchecked.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import { isDue, judge } from './judge.ts'
import { chanceOf, fraudChance, WIN_PRIOR } from './policy/chance.ts'
import { IDLE_PRIORITY, priorityOf } from './policy/priority.ts'
import { draw, isSampled } from './policy/sample.ts'
import { challengeValue, courseGas, replayValue } from './policy/value.ts'

/** Replays in hand for each worker: the pool sends those of one model to a child together. */
const BATCH = 32
/** How long what is known of nodes and models is used, in ms. */
const HISTORY_MS = 60_000

/**
 * Runs replays beside the loop, least slack first. What the policy leaves unchecked is recorded as such, and looked at
 * after all while nothing else waits and its window is open.
 *
 * @returns `queue`, to be called in each round with what is open then
 */
export function replayer(it: Watch, signal: AbortSignal) {
  const places = new PQueue({ concurrency: it.config.replayWorkers * BATCH })
  const replaying = new Map<string, Promise<void>>()
  let history: History | undefined
  let readAt = Number.NEGATIVE_INFINITY

  function start(collected: Collected, tries: number, priority: number): void {
    const judging = judge(it, collected, tries, signal, (replay) => places.add(replay, { priority }))
      .catch((error: unknown) => it.log.error({ err: error, result: collected.result.id }, 'a replay failed'))
      .finally(() => replaying.delete(collected.key))
    replaying.set(collected.key, judging)
  }

  return {
    /** @param now seconds of chain time */
    async queue(open: readonly Collected[], now: bigint): Promise<void> {
      const judged = await verdictsOf(
        it.journal,
        open.map(({ key }) => key),
      )
      const due = open.filter((one) => !replaying.has(one.key) && isDue(judged.get(one.key), one, it.clock()))
      if (due.length === 0) return
      if (!history || it.clock() - readAt > HISTORY_MS || it.clock() < readAt) {
        history = await historyOf(it.journal)
        readAt = it.clock()
      }
      const known = history
      // Whoever challenges a result says that there is something to see.
      const optional = due.filter(({ key, result }) => result.status === 'posted' && !judged.has(key))
      const { left, salt } = await leftUnchecked(it, optional, known)
      for (const collected of due) {
        if (left.has(collected.key)) continue
        const { id } = collected.result.model
        const seconds = (known.models.get(id)?.ms ?? 0) / 1000
        const priority = priorityOf({ now, deadline: collected.result.windowEnd, seconds })
        start(collected, judged.get(collected.key)?.tries ?? 0, priority)
      }
      if (replaying.size > 0) return
      const idle = optional.filter(({ key, result }) => left.has(key) && now < result.windowEnd)
      // In an order that no node can foresee.
      idle.sort((a, b) => (draw(a.key, salt) < draw(b.key, salt) ? -1 : 1))
      for (const collected of idle.slice(0, it.config.replayWorkers)) start(collected, 0, IDLE_PRIORITY)
    },

    /** Waits for those that have begun; those that wait for a place give up when they get it. */
    async stop(): Promise<void> {
      await Promise.all(replaying.values())
    },
  }
}

/** Which of these results are not worth a replay and not among the share that is checked anyway; records them as such. */
async function leftUnchecked(it: Watch, results: readonly Collected[], history: History) {
  const { journal, chain, config, clock, log } = it
  const { sampleFloor: floor, replayWeiPerMs: weiPerMs } = config.policy
  if (floor >= PPM || results.length === 0) return { left: new Set<string>(), salt: '' }
  const salt = await sampleSalt(journal)
  const before = await uncheckedOf(
    journal,
    results.map(({ key }) => key),
  )
  const fresh = results.filter(({ key }) => !before.has(key))
  if (fresh.length === 0) return { left: before, salt }
  const [gasPrice, record, provable] = await Promise.all([
    chain.client.getGasPrice(),
    challengeRecord(journal),
    provabilityOf(journal, [...new Set(fresh.map(({ result }) => result.model.modelHash))]),
  ])
  const winChance = chanceOf({ all: record.won + record.lost, hits: record.won }, WIN_PRIOR)
  const tally = (one: { checked: number; frauds: number } | undefined) => ({
    ...{ all: one?.checked ?? 0, hits: one?.frauds ?? 0 },
  })
  const rows = fresh.flatMap(({ key, result: { node, model } }) => {
    const gas = courseGas(provable.get(model.modelHash)?.largestDot ?? 0)
    const terms = { ...chain.parameters, winChance, demandFee: 0n, gasPrice, gas }
    const value = replayValue({
      chance: fraudChance(tally(history.nodes.get(node.id)), tally(history.models.get(model.id))),
      challenge: challengeValue(terms),
      ...{ weiPerMs, ms: history.models.get(model.id)?.ms ?? 0 },
    })
    if (isSampled({ key, value }, floor, salt)) return []
    return [{ observationKey: key, value: String(value), floor: Number(floor), at: clock() }]
  })
  await recordUnchecked(journal, rows)
  for (const { observationKey, value } of rows)
    log.debug({ observation: observationKey, value }, 'left unchecked: not worth a replay')
  return { left: new Set([...before, ...rows.map(({ observationKey }) => observationKey)]), salt }
}
