import type { Trip } from '../journal/breaker.ts'
import { challengeRecord } from '../journal/history.ts'
import { type Outlay, outlayOf, shadowOutlayOf } from '../journal/outlay.ts'
import type { Provability } from '../journal/queries.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import type { Decision } from './decide.ts'
import type { IndexView } from './index-client.ts'
import { apart } from './policy/breaker.ts'
import { chanceOf, WIN_PRIOR } from './policy/chance.ts'
import type { Spent } from './policy/limits.ts'
import type { Permit, PolicyState } from './policy/permit.ts'
import { courseGas } from './policy/value.ts'
import type { Self } from './self.ts'

/** One round's view of the world. */
export interface Round {
  readonly open: Collected[]
  readonly view: IndexView
  /** the chain's latest block */
  readonly head: { readonly number: bigint; readonly timestamp: bigint }
  /** whether the chain may have been reorganised since the last round */
  readonly reorged: boolean
}

/** Gathers what the policy decides by, from journal, chain and configuration. */
export async function policyState(
  it: Watch,
  { address }: Self,
  { open, view, head }: Round,
  { trips, provable }: { trips: readonly Trip[]; provable: ReadonlyMap<string, Provability> },
): Promise<PolicyState> {
  const { chain, config, journal, clock } = it
  const { policy } = config
  const [gasPrice, real, pretended, { won, lost }] = await Promise.all([
    chain.client.getGasPrice(),
    outlayOf(journal, clock()),
    shadowOutlayOf(journal, clock()),
    challengeRecord(journal),
  ])
  const longest = new Map([...provable].map(([hash, { largestDot }]) => [hash, largestDot]))
  const models = new Map(open.map(({ key, result }) => [key, result.model.modelHash]))
  const spentOf = (outlay: Outlay) =>
    spent(outlay, (key) => courseGas(longest.get(models.get(key) ?? '') ?? 0) * gasPrice)
  return {
    me: address.toLowerCase(),
    ...{ modes: policy, limits: policy, minValue: policy.minChallengeValue },
    stopped: trips[0]?.reason ?? null,
    held: apart({ index: view, chain: head }, policy.maxIndexLag),
    spent: { live: spentOf(real), shadow: spentOf(pretended) },
    underWay: { live: real.underWay, shadow: pretended.underWay },
    stakes: chain.parameters,
    winChance: chanceOf({ all: won + lost, hits: won }, WIN_PRIOR),
    ...{ gasPrice, longest },
  }
}

/** @param course wei of gas that a dispute about an observation takes to its end */
function spent({ stakes, gasToday, challenges }: Outlay, course: (observationKey: string) => bigint): Spent {
  const paid = new Map(stakes.map(({ observationKey, gasPaid }) => [observationKey, gasPaid]))
  const ahead = [...paid].reduce((sum, [key, wei]) => sum + (course(key) > wei ? course(key) - wei : 0n), 0n)
  return { bondAtRisk: stakes.reduce((sum, { value }) => sum + value, 0n), gasToday: gasToday + ahead, challenges }
}

/** Says what is held back: a reason once, and again after a round in which it did not come up. */
export function complaints({ log }: Pick<Watch, 'log'>) {
  let before = new Set<string>()
  let now = new Set<string>()
  return {
    say({ kind, result }: Decision, refusal: Extract<Permit, { send: false }>): void {
      const about = { action: kind, result: result?.id, by: refusal.kind, reason: refusal.reason }
      if (before.has(refusal.reason) || now.has(refusal.reason)) log.debug(about, 'held back')
      else log.warn(about, 'held back; the same reason is not said again')
      now.add(refusal.reason)
    },
    endRound(): void {
      before = now
      now = new Set()
    },
  }
}
