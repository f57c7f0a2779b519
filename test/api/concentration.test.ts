import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concentration } from '../../src/api/analytics/concentration.ts'
import { rate, ratio } from '../../src/api/analytics/ratio.ts'

const amount = fc.bigInt({ min: 0n, max: 10n ** 24n })
const amounts = fc.array(amount, { minLength: 1, maxLength: 12 }).filter((all) => all.some((one) => one > 0n))

describe('concentration', () => {
  test('is what the definitions say, by hand', () => {
    // Shares of 1/2, 3/10 and 2/10.
    const one = concentration([3n, 5n, 2n, 0n])
    expect(one).toMatchObject({ participants: 3, total: 10n, nakamoto: 2 })
    expect(one.hhi).toBeCloseTo(0.25 + 0.09 + 0.04, 15)
    // Mean difference of all pairs: (2+3+1)*2/9 over twice the mean 10/3.
    expect(one.gini).toBeCloseTo(12 / 9 / (20 / 3), 15)
    expect(concentration([7n])).toEqual({ participants: 1, total: 7n, hhi: 1, gini: 0, nakamoto: 1 })
    expect(concentration([])).toEqual({ participants: 0, total: 0n, hhi: null, gini: null, nakamoto: null })
    expect(concentration([0n, 0n])).toMatchObject({ participants: 0, hhi: null })
  })

  test('half is not more than half', () => {
    expect(concentration([1n, 1n]).nakamoto).toBe(2)
    expect(concentration([2n, 1n]).nakamoto).toBe(1)
    expect(concentration([1n, 1n, 1n, 1n]).nakamoto).toBe(3)
  })

  test('agrees with the definitions worked out pair by pair, and by every coalition', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 1000n }), { minLength: 1, maxLength: 9 }), (all) => {
        const x = all.map(Number)
        const [n, sum] = [x.length, x.reduce((a, b) => a + b)]
        const { hhi, gini, nakamoto } = concentration(all)
        expect(hhi).toBeCloseTo(
          x.reduce((a, b) => a + (b / sum) ** 2, 0),
          12,
        )
        const pairs = x.reduce((a, b) => a + x.reduce((c, d) => c + Math.abs(b - d), 0), 0)
        expect(gini).toBeCloseTo(pairs / (2 * n * sum), 12)
        let fewest = n
        for (let coalition = 0; coalition < 2 ** n; coalition++) {
          const members = x.filter((_, i) => coalition & (1 << i))
          if (2 * members.reduce((a, b) => a + b, 0) > sum) fewest = Math.min(fewest, members.length)
        }
        expect(nakamoto).toBe(fewest)
      }),
    )
  })

  test('stays within its bounds, and is the same for shares in other units or another order', () => {
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 1n, max: 10n ** 20n }), (all, unit) => {
        const { participants: n, hhi, gini, nakamoto, ...rest } = concentration(all)
        expect(hhi).toBeGreaterThanOrEqual(1 / n - 1e-15)
        expect(hhi).toBeLessThanOrEqual(1)
        expect(gini).toBeGreaterThanOrEqual(0)
        expect(gini).toBeLessThanOrEqual(1 - 1 / n + 1e-15)
        expect(nakamoto).toBeLessThanOrEqual(Math.floor(n / 2) + 1)
        expect(rest.total).toBe(all.reduce((a, b) => a + b))
        const scaled = concentration(all.toReversed().map((one) => one * unit))
        expect(scaled).toMatchObject({ participants: n, nakamoto })
        expect(scaled.hhi).toBeCloseTo(hhi as number, 14)
        expect(scaled.gini).toBeCloseTo(gini as number, 14)
      }),
    )
  })

  test('taking from the poor to give to the rich raises the index and the coefficient', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 2n, max: 10n ** 6n }), { minLength: 2, maxLength: 8 }), (all) => {
        const rising = all.toSorted((a, b) => Number(a - b))
        const before = concentration(rising)
        const after = concentration([
          ...rising.slice(1, -1),
          (rising[0] as bigint) - 1n,
          (rising.at(-1) as bigint) + 1n,
        ])
        expect(after.hhi).toBeGreaterThan(before.hhi as number)
        expect(after.gini).toBeGreaterThan(before.gini as number)
      }),
    )
  })
})

describe('ratio', () => {
  test('is right for numbers of any size', () => {
    expect(ratio(1n, 0n)).toBeNull()
    expect(ratio(0n, 5n)).toBe(0)
    expect(rate(0, 0)).toEqual({ numerator: 0, denominator: 0, value: null })
    expect(rate(1, 4)).toEqual({ numerator: 1, denominator: 4, value: 0.25 })
    expect(ratio(10n ** 400n, 3n * 10n ** 400n)).toBeCloseTo(1 / 3, 15)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 2 ** 31 }), (n, d) => {
        const value = ratio(BigInt(n), BigInt(d)) as number
        expect(Math.abs(value - n / d)).toBeLessThanOrEqual((n / d) * Number.EPSILON)
      }),
    )
  })
})
