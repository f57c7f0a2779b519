import type { RawFacts, RawRequest, RawResult } from './raw-facts.ts'

/** The UTC day of a second, as `YYYY-MM-DD`. */
export const dayOf = (second: bigint) => new Date(Number(second) * 1000).toISOString().slice(0, 10)

/** Every day from one to another. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = []
  for (let time = Date.parse(from); time <= Date.parse(to); time += 86_400_000)
    days.push(new Date(time).toISOString().slice(0, 10))
  return days
}

/** What numbers are about: all of it, or one model's or node's. */
export interface About {
  modelId?: string
  nodeId?: string
}

const sum = <T>(items: readonly T[], of: (item: T) => bigint) => items.reduce((total, item) => total + of(item), 0n)
const rate = (numerator: number, denominator: number) => ({
  ...{ numerator, denominator },
  value: denominator === 0 ? null : numerator / denominator,
})

/** Times as GraphQL shows them, but for percentiles, which the test compares with the sorted times themselves. */
export interface RawTimes {
  sorted: number[]
}

/** The statistics of the days that `on` takes, straight from facts. */
export function rawStatistics(facts: RawFacts, on: (day: string) => boolean, { modelId, nodeId }: About = {}) {
  const requests = facts.requests.filter(
    ({ at, model, named }: RawRequest) =>
      on(dayOf(at)) && (!modelId || model === modelId) && (!nodeId || named === nodeId),
  )
  const results = facts.results.filter(
    ({ at, node, request }: RawResult) =>
      on(dayOf(at)) && (!modelId || request.model === modelId) && (!nodeId || node === nodeId),
  )
  const settled = results.filter(({ end }) => end)
  const rejected = results.filter(({ end }) => end?.how === 'rejected')
  const finalized = results.filter(({ end }) => end?.how === 'finalized')
  const challenged = results.filter((one) => one.challenged).length
  const rising = (times: bigint[]) => times.map(Number).sort((a, b) => a - b)
  return {
    counts: {
      requests: requests.length,
      expired: requests.filter(({ expired }) => expired).length,
      fees: String(sum(requests, ({ fee }) => fee)),
      ...{ results: results.length, challenged, revealed: results.filter(({ revealed }) => revealed).length },
      ...{ finalized: finalized.length, rejected: rejected.length, open: results.length - settled.length },
      feesPaid: String(sum(finalized, ({ request }) => request.fee)),
      slashed: String(sum(rejected, ({ end }) => end?.slashed ?? 0n)),
      burnt: String(sum(rejected, ({ end }) => end?.burnt ?? 0n)),
      challengeRate: rate(challenged, results.length),
      fraudRate: rate(rejected.length, settled.length),
    },
    answer: rising(results.map(({ at, request }) => at - request.at)),
    settlement: rising(settled.map(({ at, end }) => (end as { at: bigint }).at - at)),
  }
}

/** What each account was credited for each reason on the days that `on` takes, the largest sum first. */
export function rawPayees(facts: RawFacts, on: (day: string) => boolean, only?: readonly string[]) {
  const groups = new Map<string, { account: { id: string }; reason: string; payouts: number; wei: bigint }>()
  for (const { account, reason, amount, at } of facts.credits) {
    if (!on(dayOf(at)) || (only && !only.includes(reason))) continue
    const key = `${account} ${reason}`
    const group = groups.get(key) ?? { account: { id: account }, reason, payouts: 0, wei: 0n }
    groups.set(key, { ...group, payouts: group.payouts + 1, wei: group.wei + amount })
  }
  return [...groups.values()].map(({ wei, ...rest }) => ({ ...rest, amount: String(wei) }))
}

/** Amounts by holder on the days that `on` takes (of stake: at the end of `last`). */
export function rawSpread(
  facts: RawFacts,
  of: 'work' | 'stake' | 'payouts',
  { on, last, reasons }: { on: (day: string) => boolean; last: string; reasons: readonly string[] },
): bigint[] {
  const held = new Map<string, bigint>()
  const add = (who: string, amount: bigint) => held.set(who, (held.get(who) ?? 0n) + amount)
  if (of === 'work') for (const { node, at } of facts.results) if (on(dayOf(at))) add(node, 1n)
  if (of === 'stake') for (const { node, change, at } of facts.stakes) if (dayOf(at) <= last) add(node, change)
  if (of === 'payouts')
    for (const { account, reason, amount, at } of facts.credits)
      if (on(dayOf(at)) && reasons.includes(reason)) add(account, amount)
  return [...held.values()].filter((amount) => amount > 0n)
}

/** The three measures by their textbook definitions, in floating point. */
export function rawConcentration(amounts: readonly bigint[]) {
  const [x, n] = [amounts.map(Number), amounts.length]
  const total = x.reduce((a, b) => a + b, 0)
  if (n === 0) return { participants: 0, total: '0', hhi: null, gini: null, nakamoto: null }
  const pairs = x.flatMap((a) => x.map((b) => Math.abs(a - b))).reduce((a, b) => a + b, 0)
  const falling = [...amounts].sort((a, b) => (a > b ? -1 : 1))
  const all = sum(amounts, (amount) => amount)
  const nakamoto = falling.findIndex((_, i) => 2n * sum(falling.slice(0, i + 1), (amount) => amount) > all) + 1
  return {
    ...{ participants: n, total: String(all), nakamoto },
    hhi: x.reduce((a, b) => a + (b / total) ** 2, 0),
    gini: pairs / (2 * n * total),
  }
}
