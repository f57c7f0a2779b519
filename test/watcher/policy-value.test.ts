import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PPM } from '../../config/policy.ts'
import { chanceOf, FRAUD_PRIOR, fraudChance, type Tally } from '../../watcher/policy/chance.ts'
import { IDLE_PRIORITY, priorityOf, slackOf } from '../../watcher/policy/priority.ts'
import { isSampled } from '../../watcher/policy/sample.ts'
import { type ChallengeTerms, challengeValue, replayValue, rewardOf } from '../../watcher/policy/value.ts'

const eth = 10n ** 18n
const terms: ChallengeTerms = {
  ...{ nodeBond: eth, challengeBond: eth / 2n, rewardBps: 5000, burnBps: 1000, demandFee: 0n },
  ...{ winChance: 900_000n, gasPrice: 10n ** 9n, gas: 1_000_000n },
}
const wei = fc.bigInt({ min: 0n, max: 10n ** 24n })
const ppm = fc.bigInt({ min: 0n, max: PPM })
const anyTerms: fc.Arbitrary<ChallengeTerms> = fc.record({
  ...{
    nodeBond: wei,
    challengeBond: wei,
    rewardBps: fc.nat(10_000),
    burnBps: fc.constant(0),
    demandFee: wei,
    winChance: ppm,
  },
  ...{ gasPrice: fc.bigInt({ min: 0n, max: 10n ** 12n }), gas: fc.bigInt({ min: 0n, max: 10n ** 8n }) },
})

describe('the value of a challenge', () => {
  test.each<[string, Partial<ChallengeTerms>, bigint]>([
    // 0.9 · 0.5 ETH − 0.1 · 0.5 ETH − 0.001 ETH
    ['that is mostly won', {}, (399n * eth) / 1000n],
    ['that is always won', { winChance: PPM }, eth / 2n - eth / 1000n],
    ['that is always lost', { winChance: 0n }, -(eth / 2n) - eth / 1000n],
    ['with a demand to pay for', { demandFee: eth / 10n }, (389n * eth) / 1000n],
    ['that pays nothing', { rewardBps: 0 }, -(eth / 20n) - eth / 1000n],
    ['where gas costs more than the reward', { gasPrice: 10n ** 12n }, (4n * eth) / 10n - eth],
  ])('%s', (_, change, value) => expect(challengeValue({ ...terms, ...change })).toBe(value))

  test('grows with the node bond, the reward share and the chance to win, and falls with bond, fee and gas', () => {
    fc.assert(
      fc.property(anyTerms, wei, fc.nat(10_000), ppm, (it, more, bps, chance) => {
        const value = challengeValue(it)
        const grown: Partial<ChallengeTerms>[] = [
          { nodeBond: it.nodeBond + more },
          { rewardBps: it.rewardBps + bps },
          { winChance: it.winChance + ((PPM - it.winChance) * chance) / PPM },
        ]
        for (const change of grown) expect(challengeValue({ ...it, ...change }) >= value).toBe(true)
        const shrunk: Partial<ChallengeTerms>[] = [
          { challengeBond: it.challengeBond + more },
          { demandFee: it.demandFee + more },
          { gasPrice: it.gasPrice + more },
          { gas: it.gas + more },
        ]
        for (const change of shrunk) expect(challengeValue({ ...it, ...change }) <= value).toBe(true)
      }),
    )
  })

  test('is never better than the reward, nor worse than everything lost', () => {
    fc.assert(
      fc.property(anyTerms, (it) => {
        const cost = it.gas * it.gasPrice
        expect(challengeValue(it) <= rewardOf(it) - cost).toBe(true)
        expect(challengeValue(it) >= -it.challengeBond - it.demandFee - cost).toBe(true)
      }),
    )
  })
})

describe('the value of a replay', () => {
  test.each([
    ['a sure fraud', { chance: PPM, challenge: 500n, weiPerMs: 1n, ms: 100 }, 400n],
    ['one in a hundred', { chance: 10_000n, challenge: 500n, weiPerMs: 1n, ms: 100 }, -95n],
    ['what is not worth a challenge', { chance: PPM, challenge: -500n, weiPerMs: 0n, ms: 100 }, 0n],
    ['part of a millisecond', { chance: 0n, challenge: 500n, weiPerMs: 7n, ms: 0.1 }, -7n],
  ])('of %s', (_, parts, value) => expect(replayValue(parts)).toBe(value))

  test('grows with the chance of fraud and falls with the time it takes', () => {
    const parts = fc.record({
      chance: ppm,
      challenge: fc.bigInt(-(10n ** 20n), 10n ** 20n),
      weiPerMs: wei,
      ms: fc.nat(1e6),
    })
    fc.assert(
      fc.property(parts, ppm, fc.nat(1e6), (it, chance, ms) => {
        expect(replayValue({ ...it, chance: it.chance + chance }) >= replayValue(it)).toBe(true)
        expect(replayValue({ ...it, ms: it.ms + ms }) <= replayValue(it)).toBe(true)
      }),
    )
  })
})

describe('the chance of fraud', () => {
  const none: Tally = { all: 0, hits: 0 }
  const tally = fc.nat(10_000).chain((all) => fc.record({ all: fc.constant(all), hits: fc.nat(all) }))

  test('is one in a hundred to begin with, and follows what is seen', () => {
    expect(chanceOf(none, FRAUD_PRIOR)).toBe(10_000n)
    expect(chanceOf({ all: 100, hits: 0 }, FRAUD_PRIOR)).toBe(5_000n)
    expect(chanceOf({ all: 100, hits: 100 }, FRAUD_PRIOR)).toBe(505_000n)
  })

  test("is the larger of node's and model's: neither hides the other", () => {
    fc.assert(
      fc.property(tally, tally, (node, model) => {
        const chance = fraudChance(node, model)
        expect(chance).toBe(fraudChance(model, node))
        for (const one of [node, model]) expect(chance >= chanceOf(one, FRAUD_PRIOR)).toBe(true)
        expect(chance > 0n && chance < PPM).toBe(true)
        expect(fraudChance({ all: node.all + 1, hits: node.hits + 1 }, model) >= chance).toBe(true)
      }),
    )
  })
})

describe('sampling', () => {
  const salt = '5a'.repeat(32)
  const keys = Array.from({ length: 4000 }, (_, i) => `31337:0xaa:0xbb:${i}`)
  const checked = (floor: bigint, value: bigint, by = salt) =>
    keys.filter((key) => isSampled({ key, value }, floor, by))

  test('checks everything at a floor of one, and all that is expected to pay at any floor', () => {
    expect(checked(PPM, -1n)).toHaveLength(keys.length)
    expect(checked(0n, 0n)).toHaveLength(keys.length)
    expect(checked(0n, -1n)).toHaveLength(0)
  })

  test.each([10_000n, 250_000n, 900_000n])('keeps a floor of %s millionths', (floor) => {
    const expected = (keys.length * Number(floor)) / 1e6
    // Five standard deviations of a binomial.
    const spread = 5 * Math.sqrt((expected * (1e6 - Number(floor))) / 1e6)
    expect(Math.abs(checked(floor, -1n).length - expected)).toBeLessThan(spread)
  })

  test('gives a result the same answer every time, and a higher floor never checks less', () => {
    fc.assert(
      fc.property(fc.string(), ppm, ppm, (key, a, b) => {
        const sampled = isSampled({ key, value: -1n }, a, salt)
        expect(isSampled({ key, value: -1n }, a, salt)).toBe(sampled)
        if (sampled && b >= a) expect(isSampled({ key, value: -1n }, b, salt)).toBe(true)
      }),
    )
  })

  test('says nothing to whoever has another salt', () => {
    const [mine, theirs] = [new Set(checked(500_000n, -1n)), new Set(checked(500_000n, -1n, 'a5'.repeat(32)))]
    const same = keys.filter((key) => mine.has(key) === theirs.has(key)).length
    expect(same / keys.length).toBeGreaterThan(0.45)
    expect(same / keys.length).toBeLessThan(0.55)
  })
})

describe('the order of replays', () => {
  const waiting = fc.record({
    now: fc.constant(10_000n),
    deadline: fc.bigInt(0n, 100_000n),
    seconds: fc.integer({ min: 0, max: 5000 }),
  })

  test('is by slack, with what comes too late after all that can be in time, and idle work last', () => {
    fc.assert(
      fc.property(waiting, waiting, (a, b) => {
        const [slackA, slackB] = [slackOf(a), slackOf(b)]
        if (slackA >= 0 && slackB < 0) expect(priorityOf(a)).toBeGreaterThan(priorityOf(b))
        if (slackA >= 0 && slackB > slackA) expect(priorityOf(a)).toBeGreaterThan(priorityOf(b))
        expect(priorityOf(a)).toBeGreaterThan(IDLE_PRIORITY)
      }),
    )
  })

  test('puts a long replay before a short one with the same deadline', () => {
    const at = { now: 0n, deadline: 100n }
    expect(priorityOf({ ...at, seconds: 50 })).toBeGreaterThan(priorityOf({ ...at, seconds: 1 }))
  })
})
