import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Random, randomFrom } from '../../../demo/random.ts'
import { type IndexProcess, startIndex } from '../../index/support/index-process.ts'
import { rpc } from '../../index/support/rpc.ts'
import { type Stage, startStage } from '../../index/support/stage.ts'
import { testExports } from './exports.ts'
import { testOpinions } from './opinions.ts'
import { type Open, openPlay, randomPlay } from './random-play.ts'
import { type RawFacts, rawFacts } from './raw-facts.ts'
import { type About, dayOf, daysBetween, rawConcentration, rawPayees, rawSpread, rawStatistics } from './raw-numbers.ts'

/** Of the whole run; `GAINSAY_TEST_SEED` repeats one. */
const seed = process.env.GAINSAY_TEST_SEED ?? String(Date.now())

let stage: Stage
let open: Open
let index: IndexProcess
let random: Random

beforeAll(async () => {
  console.log(`analytics: GAINSAY_TEST_SEED=${seed}`)
  random = randomFrom(seed)
  stage = await startStage()
  open = await openPlay(stage)
  await randomPlay(stage, open, random, 150)
  // Beyond Ponder's finality of 30 blocks, so that all before is history to it.
  await stage.mine(35)
  index = await startIndex(stage)
})
afterAll(async () => {
  await index?.stop()
  await stage?.stop()
})

const STATISTICS = `fragment S on Statistics {
  requests expired fees results challenged revealed finalized rejected open feesPaid slashed burnt
  challengeRate { numerator denominator value } fraudRate { numerator denominator value }
  answerLatency { count totalSeconds meanSeconds p50 p90 p95 p99 }
  settlementLatency { count totalSeconds meanSeconds p50 p90 p95 p99 } }`

interface Latency {
  count: number
  totalSeconds: string
  meanSeconds: number | null
  p50: number | null
  p90: number | null
  p95: number | null
  p99: number | null
}
type Shown = Record<string, unknown> & { answerLatency: Latency; settlementLatency: Latency }

function expectLatency({ count, totalSeconds, meanSeconds, ...percentiles }: Latency, sorted: number[], what: string) {
  const sum = sorted.reduce((a, b) => a + b, 0)
  expect({ count, totalSeconds }, what).toEqual({ count: sorted.length, totalSeconds: String(sum) })
  if (sorted.length === 0) {
    expect({ meanSeconds, ...percentiles }, what).toEqual({
      meanSeconds: null,
      p50: null,
      p90: null,
      p95: null,
      p99: null,
    })
    return
  }
  expect(meanSeconds, what).toBeCloseTo(sum / sorted.length, 9)
  for (const [name, shown] of Object.entries(percentiles)) {
    const rank = Math.ceil((Number(name.slice(1)) * sorted.length) / 100)
    const exact = sorted[Math.max(1, rank) - 1] as number
    expect(shown, `${name} of ${what}`).toBeGreaterThanOrEqual(exact)
    expect(shown, `${name} of ${what}`).toBeLessThanOrEqual(exact < 64 ? exact : exact * (1 + 1 / 32))
  }
}

function expectStatistics(
  { answerLatency, settlementLatency, ...counts }: Shown,
  facts: RawFacts,
  on: (day: string) => boolean,
  about: About,
) {
  const what = JSON.stringify(about)
  const raw = rawStatistics(facts, on, about)
  expect(counts, what).toEqual(raw.counts)
  expectLatency(answerLatency, raw.answer, `answers ${what}`)
  expectLatency(settlementLatency, raw.settlement, `settlements ${what}`)
  return raw.counts
}

/** Compares everything that analytics say of some days with what raw logs say. @returns how many results that was about */
async function expectAllOf(facts: RawFacts, from: string, to: string): Promise<number> {
  const on = (day: string) => day >= from && day <= to
  const range = `analytics(from: "${from}", to: "${to}")`
  const nodes = [stage.cast.node, stage.cast.otherNode, stage.cast.stranger]
  const abouts: About[] = [{}, ...open.models.map((modelId) => ({ modelId })), ...nodes.map((nodeId) => ({ nodeId }))]
  let results = 0
  for (const about of abouts) {
    const [[name, id] = []] = Object.entries(about)
    const args = name ? `(${name}: "${id}")` : ''
    const { analytics } = await index.ask<{
      analytics: { from: string; to: string; statistics: Shown; days: { day: string; statistics: Shown }[] }
    }>(`{ ${range} { from to statistics${args} { ...S } days${args} { day statistics { ...S } } } } ${STATISTICS}`)
    expect({ from: analytics.from, to: analytics.to }).toEqual({ from, to })
    const all = expectStatistics(analytics.statistics, facts, on, about)
    if (!name) results = all.results
    const days = new Map(analytics.days.map(({ day, statistics }) => [day, statistics]))
    expect([...days.keys()]).toEqual([...days.keys()].sort())
    for (const day of daysBetween(from, to)) {
      const shown = days.get(day)
      days.delete(day)
      if (shown) expectStatistics(shown, facts, (one) => one === day, about)
      else {
        const { requests, results } = rawStatistics(facts, (one) => one === day, about).counts
        expect({ day, requests, results }).toEqual({ day, requests: 0, results: 0 })
      }
    }
    expect(days.size).toBe(0)
  }

  const { analytics: lists } = await index.ask<{
    analytics: {
      models: { model: { id: string }; statistics: Shown }[]
      nodes: { id: string; node: { id: string }; account: { id: string }; statistics: Shown }[]
      payees: unknown[]
      rewards: unknown[]
    }
  }>(
    `{ ${range} { models { model { id } statistics { ...S } } nodes { id node { id } account { id } statistics { ...S } }
      payees(first: 1000) { account { id } reason payouts amount }
      rewards: payees(reasons: [reward, fee]) { account { id } reason payouts amount } } } ${STATISTICS}`,
  )
  for (const { model, statistics } of lists.models) expectStatistics(statistics, facts, on, { modelId: model.id })
  for (const { id, node, account, statistics } of lists.nodes) {
    expect([node.id, account.id]).toEqual([id, id])
    expectStatistics(statistics, facts, on, { nodeId: id })
  }
  const something = (about: About) => {
    const { requests, results } = rawStatistics(facts, on, about).counts
    return requests + results > 0
  }
  const shown = (list: { statistics: Shown }[]) => list.map(({ statistics }) => statistics.results as number)
  expect(lists.models).toHaveLength(open.models.filter((modelId) => something({ modelId })).length)
  expect(lists.nodes).toHaveLength(nodes.filter((nodeId) => something({ nodeId })).length)
  for (const list of [lists.models, lists.nodes]) expect(shown(list)).toEqual(shown(list).sort((a, b) => b - a))
  const largestFirst = (payees: ReturnType<typeof rawPayees>) =>
    payees.sort((a, b) => {
      if (a.amount !== b.amount) return BigInt(a.amount) > BigInt(b.amount) ? -1 : 1
      return `${a.account.id}` < `${b.account.id}` ? -1 : a.account.id === b.account.id ? 0 : 1
    })
  expect(lists.payees).toEqual(largestFirst(rawPayees(facts, on)))
  expect(lists.rewards).toEqual(largestFirst(rawPayees(facts, on, ['reward', 'fee'])))

  for (const every of [1, 3])
    for (const of of ['work', 'stake', 'payouts'] as const) {
      const { analytics } = await index.ask<{ analytics: { concentration: Record<string, unknown>[] } }>(
        `{ ${range} { concentration(of: ${of}, every: ${every}) { from to participants total hhi gini nakamoto } } }`,
      )
      const days = daysBetween(from, to)
      const points = days.flatMap((_, i) => (i % every === 0 ? [days.slice(i, i + every)] : []))
      expect(analytics.concentration.map((point) => [point.from, point.to])).toEqual(
        points.map((point) => [point[0], point.at(-1)]),
      )
      for (const [i, point] of points.entries()) {
        const reasons = ['fee', 'reward', 'challengeBondForfeited', 'demandPaid']
        const held = rawSpread(facts, of, { on: (day) => point.includes(day), last: point.at(-1) as string, reasons })
        const { hhi, gini, ...rest } = rawConcentration(held)
        const { from: _, to: __, ...shown } = analytics.concentration[i] as Record<string, unknown>
        const what = `${of} of ${point.join(' ')}`
        const near = (value: number | null) => (value === null ? null : expect.closeTo(value, 9))
        expect(shown, what).toEqual({ ...rest, hhi: near(hhi), gini: near(gini) })
      }
    }
  return results
}

/** Compares all days, the latest days, and some in the midst. */
async function expectNumbersOfTheChain(): Promise<void> {
  await index.reached(await stage.head())
  const facts = await rawFacts(stage)
  const [first, last] = [facts.requests[0]?.at as bigint, facts.head].map(dayOf) as [string, string]
  expect(await expectAllOf(facts, first, last)).toBe(facts.results.length)
  const days = daysBetween(first, last)
  const from = random.below(days.length)
  await expectAllOf(facts, days[from] as string, days[from + random.below(days.length - from)] as string)
}

test('numbers of what was indexed as history are those of raw logs', async () => {
  const facts = await rawFacts(stage)
  // A run that shows nothing must not pass.
  const ended = (how: string) => facts.results.filter(({ end }) => end?.how === how).length
  expect(facts.results.length).toBeGreaterThan(12)
  expect(Math.min(ended('finalized'), ended('rejected'))).toBeGreaterThan(0)
  await expectNumbersOfTheChain()
})

test('numbers of what is indexed live are those of raw logs', async () => {
  await randomPlay(stage, open, random, 30)
  await expectNumbersOfTheChain()
})

test('numbers after reorgs are those of the chain that is left', async () => {
  for (let round = 0; round < 3; round++) {
    const before = await stage.head()
    const kept = structuredClone(open)
    const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
    // Not more blocks than Ponder can undo.
    for (let moves = 0; (await stage.head()) - before < 12n && moves < 12; moves++)
      await randomPlay(stage, open, random, 1)
    await index.reached(await stage.head())
    const lost = await rawFacts(stage)
    const top = await stage.head()
    await rpc(stage.rpcUrl, 'evm_revert', snapshot)
    open = kept
    await randomPlay(stage, open, random, 4)
    const behind = Number(top - (await stage.head()))
    await stage.mine(Math.max(behind, 0) + 2)
    await expectNumbersOfTheChain()
    const left = await rawFacts(stage)
    expect([left.requests, left.results, left.credits, left.stakes]).not.toEqual([
      ...[lost.requests, lost.results, lost.credits, lost.stakes],
    ])
  }
})

test('without dates it is a year to the latest block, and the future is left away', async () => {
  const to = dayOf(await stage.now())
  const from = new Date(Date.parse(to) - 364 * 86_400_000).toISOString().slice(0, 10)
  expect(await index.ask('{ analytics { from to } }')).toEqual({ analytics: { from, to } })
  expect(await index.ask(`{ analytics(from: "${from}", to: "9999-12-31") { to } }`)).toEqual({ analytics: { to } })
  expect(
    await index.ask('{ analytics(from: "9999-12-30") { days { day } concentration(of: stake) { from } } }'),
  ).toEqual({
    analytics: { days: [], concentration: [] },
  })
})

test('what cannot be asked is refused with what can be', async () => {
  const refusal = async (query: string) => (await index.answer(`{ ${query} }`)).errors?.[0]?.message
  expect(await refusal('analytics(from: "2026-02-30") { to }')).toContain('a day is YYYY-MM-DD')
  expect(await refusal('analytics(from: "yesterday") { to }')).toContain('a day is YYYY-MM-DD')
  expect(await refusal('analytics(from: "2026-02-02", to: "2026-02-01") { to }')).toBe('from must not be after to')
  expect(await refusal('analytics(from: "1999-01-01") { to }')).toContain('at most 3660 days')
  expect(await refusal('analytics { models(first: 0) { statistics { results } } }')).toContain('between 1 and 1000')
  expect(await refusal('analytics { concentration(of: work, every: 0) { hhi } }')).toContain('1 or more days')
  const pair = `statistics(modelId: "${open.models[0]}", nodeId: "${stage.cast.node}")`
  expect(await refusal(`analytics { ${pair} { results } }`)).toContain('modelId or nodeId, not both')
})

testExports(() => ({ stage, index }))

testOpinions(() => ({ stage, index }))
