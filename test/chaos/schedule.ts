import { type Random, randomFrom } from '../../demo/random.ts'
import type { RpcTrouble, Scheduled, Trouble } from './trouble.ts'

/** Endpoints of each process. One of them may lie; two honest ones must be left while another fails. */
export const ENDPOINTS = 4
/** Deepest reorg, in blocks. */
export const DEEPEST_REORG = 20
/** Longest time in blocks that the watcher can do nothing at all; so much lies between two such times, too. */
export const LONGEST_STANDSTILL = 8

/** Seconds that one chain clock jump skips at most. What a run skips altogether is part of what its windows allow for. */
const LONGEST_JUMP = 180
const WALL_CLOCK_JUMPS = [-86_400, -3_600, -90, 90, 3_600, 86_400]

/**
 * Decides by a seed what goes wrong when. Pure: one seed and one length give one list, in order of time.
 *
 * Three things run beside each other: nuisances, through which a watcher must work on; standstills, in which nobody could;
 * and changes to chain and clocks. Each draws from a deck of its own, so that a long run has everything and each short run
 * something else. Standstills are short and apart, so that no window is missed for lack of time.
 *
 * @param blocks length of the troubled part of the run
 */
export function scheduleOf(seed: number, blocks: number): Scheduled[] {
  const random = randomFrom(`chaos/${seed}`)
  const liar = random.below(ENDPOINTS)
  const honest = Array.from({ length: ENDPOINTS }, (_, i) => i).filter((i) => i !== liar)
  const rpc = (side: 'watcher' | 'index', what: RpcTrouble) => () =>
    ({ kind: 'rpc', side, what, endpoint: what === 'lies' ? liar : pick(random, honest) }) as const
  const nuisance = deckOf<Trouble>(random, [
    ...(['errors', 'timeouts', 'rateLimit', 'staleHead', 'lies'] as const).map((what) => rpc('watcher', what)),
    ...(['errors', 'timeouts', 'rateLimit', 'staleHead'] as const).map((what) => rpc('index', what)),
    () => ({ kind: 'replayersDie' }),
    () => ({ kind: 'artifactsAway' }),
  ])
  const standstill = deckOf<Trouble>(random, [
    () => ({ kind: 'blackout', side: 'watcher' }),
    () => ({ kind: 'blackout', side: 'index' }),
    () => ({ kind: 'fullDisk' }),
    () => ({ kind: 'feeSpike', gwei: pick(random, [100, 600, 3_000, 20_000]) }),
    () => ({ kind: 'indexDies' }),
  ])
  const change = deckOf<Trouble>(random, [
    () => ({ kind: 'reorg', depth: 1 + random.below(4) }),
    () => ({ kind: 'reorg', depth: 5 + random.below(DEEPEST_REORG - 5) }),
    () => ({ kind: 'reorg', depth: DEEPEST_REORG }),
    () => ({ kind: 'chainClock', seconds: 30 + random.below(LONGEST_JUMP - 29) }),
    () => ({ kind: 'wallClock', seconds: pick(random, WALL_CLOCK_JUMPS) }),
  ])
  const between = (from: number, to: number) => from + random.below(to - from + 1)
  const track = (deck: () => Trouble, pause: () => number, length: () => number) => {
    const list: Scheduled[] = []
    for (let at = between(1, 4); at < blocks; at += pause())
      list.push({ ...deck(), at, lasts: Math.min(length(), blocks - at) })
    return list
  }
  const nuisances = track(
    nuisance,
    () => between(2, 6),
    () => between(2, 8),
  )
  const standstills = track(
    standstill,
    () => 2 * LONGEST_STANDSTILL + between(0, 6),
    () => between(3, LONGEST_STANDSTILL),
  )
  const changes = track(
    change,
    () => between(5, 12),
    () => between(4, 16),
  ).map((one) => (one.kind === 'reorg' || one.kind === 'chainClock' ? { ...one, lasts: 0 } : one))
  const died = standstills.map((one) => (one.kind === 'indexDies' ? { ...one, lasts: LONGEST_STANDSTILL } : one))
  return [...nuisances, ...died, ...changes].sort((a, b) => a.at - b.at)
}

/** Draws from a shuffled deck, and shuffles it again when it is used up. */
function deckOf<T>(random: Random, makers: readonly (() => T)[]): () => T {
  let deck: (() => T)[] = []
  return () => {
    if (deck.length === 0) deck = [...makers]
    const [make] = deck.splice(random.below(deck.length), 1)
    return (make as () => T)()
  }
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T
}
