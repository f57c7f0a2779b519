import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bumpedFees, type Fees, feeCap, firstFees } from '../../watcher/send/fees.ts'

const wei = fc.bigInt({ min: 0n, max: 10n ** 24n })
const gas = fc.bigInt({ min: 21_000n, max: 60_000_000n })
const fee = fc.bigInt({ min: 0n, max: 10n ** 14n })
const blocksLeft = fc.option(fc.nat({ max: 100_000 }))
const market = fc.record({ baseFee: fee, tip: fee })
const offered: fc.Arbitrary<Fees> = fc
  .tuple(fee, fee)
  .map(([a, b]) => (a > b ? [a, b] : [b, a]))
  .map(([most, least]) => ({ maxFeePerGas: most as bigint, maxPriorityFeePerGas: least as bigint }))

describe('feeCap', () => {
  test('never lets gas cost more than the action can win', () => {
    fc.assert(
      fc.property(wei, gas, blocksLeft, (valueWei, gas, blocksLeft) => {
        const cap = feeCap({ valueWei, gas, blocksLeft })
        expect(cap >= 0n).toBe(true)
        expect(cap * gas <= valueWei).toBe(true)
      }),
    )
  })

  test('only grows as the deadline comes near, and reaches the whole before it', () => {
    fc.assert(
      fc.property(wei, gas, fc.nat({ max: 10_000 }), fc.nat({ max: 10_000 }), (valueWei, gas, a, b) => {
        const [near, far] = a < b ? [a, b] : [b, a]
        expect(feeCap({ valueWei, gas, blocksLeft: near }) >= feeCap({ valueWei, gas, blocksLeft: far })).toBe(true)
        expect(feeCap({ valueWei, gas, blocksLeft: near % 9 })).toBe(valueWei / gas)
        // Without a deadline, as far from one as can be.
        expect(feeCap({ valueWei, gas, blocksLeft: null })).toBe(feeCap({ valueWei, gas, blocksLeft: 10 ** 6 }))
      }),
    )
  })

  test('is exact to the wei', () => {
    const about = { valueWei: 1_000_003n, gas: 1_000n }
    expect(feeCap({ ...about, blocksLeft: 8 })).toBe(1000n)
    expect(feeCap({ ...about, blocksLeft: 9 })).toBe(888n)
    expect(feeCap({ ...about, blocksLeft: 16 })).toBe(500n)
    expect(feeCap({ ...about, blocksLeft: 32 })).toBe(250n)
    expect(feeCap({ ...about, blocksLeft: 33 })).toBe(250n)
    expect(feeCap({ ...about, blocksLeft: null })).toBe(250n)
    expect(feeCap({ ...about, blocksLeft: 0 })).toBe(1000n)
    expect(feeCap({ valueWei: 0n, gas: 1n, blocksLeft: 0 })).toBe(0n)
  })
})

describe('firstFees', () => {
  test('covers a doubled base fee, within the cap; offers nothing that the next block would not take', () => {
    fc.assert(
      fc.property(market, fee, (market, cap) => {
        const fees = firstFees(market, cap)
        if (!fees) {
          expect(cap === 0n || cap < market.baseFee).toBe(true)
          return
        }
        expect(fees.maxFeePerGas <= cap && fees.maxFeePerGas >= market.baseFee).toBe(true)
        expect(fees.maxPriorityFeePerGas <= fees.maxFeePerGas).toBe(true)
        const wanted = 2n * market.baseFee + market.tip
        expect(fees.maxFeePerGas).toBe(wanted < cap ? wanted : cap)
      }),
    )
  })
})

describe('bumpedFees', () => {
  test('raises both fees by an eighth at least, never beyond the cap, or not at all', () => {
    fc.assert(
      fc.property(offered, market, fee, (before, market, cap) => {
        const after = bumpedFees(before, market, cap)
        if (!after) {
          expect(cap * 8n < before.maxFeePerGas * 9n || cap <= before.maxFeePerGas).toBe(true)
          return
        }
        for (const name of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const) {
          expect(after[name] * 8n >= before[name] * 9n).toBe(true)
          expect(after[name] > before[name]).toBe(true)
        }
        expect(after.maxFeePerGas <= cap).toBe(true)
        expect(after.maxPriorityFeePerGas <= after.maxFeePerGas).toBe(true)
      }),
    )
  })

  test('goes on until the cap is reached, and ends there', () => {
    fc.assert(
      fc.property(offered, market, fee, (first, market, cap) => {
        let fees: Fees | null = first
        let bumps = 0
        for (let next: Fees | null = fees; next; next = bumpedFees(fees, market, cap)) {
          fees = next
          bumps++
          expect(bumps).toBeLessThan(400)
        }
      }),
    )
  })

  test('offers what the chain asks now when that is more', () => {
    const before = { maxFeePerGas: 100n, maxPriorityFeePerGas: 1n }
    expect(bumpedFees(before, { baseFee: 1000n, tip: 7n }, 10_000n)).toEqual({
      maxFeePerGas: 2007n,
      maxPriorityFeePerGas: 7n,
    })
    expect(bumpedFees(before, { baseFee: 1000n, tip: 7n }, 113n)?.maxFeePerGas).toBe(113n)
    expect(bumpedFees(before, { baseFee: 1000n, tip: 7n }, 112n)).toBeNull()
  })
})
