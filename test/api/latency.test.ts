import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { percentile, timesOf } from '../../src/api/analytics/latency.ts'
import { bucketEnd, bucketOf, readHistogram, withTime, writeHistogram } from '../../src/rows/histogram.ts'

const seconds = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 400 * 86_400 }))
const histogramOf = (times: readonly number[]) =>
  times.reduce((histogram, time) => withTime(histogram, BigInt(time)), '')

describe('the histogram of times', () => {
  test('has a bucket for every second up to 64, and then 32 an octave', () => {
    expect([0, 1, 63, 64, 65, 66, 127, 128, 131, 132].map(bucketOf)).toEqual([0, 1, 63, 64, 64, 66, 126, 128, 128, 132])
    expect([0, 63, 64, 126, 128].map(bucketEnd)).toEqual([0, 63, 65, 127, 131])
    expect(histogramOf([12, 64, 65, 12, 0])).toBe('0:1 12:2 64:2')
  })

  test('puts every time into the bucket that holds it, at most 1/32 wide', () => {
    fc.assert(
      fc.property(fc.oneof(seconds, fc.integer({ min: 0, max: 2 ** 32 - 1 })), (time) => {
        const [from, to] = [bucketOf(time), bucketEnd(bucketOf(time))]
        expect(from).toBeLessThanOrEqual(time)
        expect(to).toBeGreaterThanOrEqual(time)
        expect(to - from).toBeLessThanOrEqual(from / 32)
        expect(bucketOf(from)).toBe(from)
        expect(bucketOf(to)).toBe(from)
      }),
    )
  })

  test('keeps its count, comes back from its text, and adds up over days', () => {
    fc.assert(
      fc.property(fc.array(fc.array(seconds, { maxLength: 30 }), { maxLength: 5 }), (days) => {
        const each = days.map(histogramOf)
        for (const one of each) expect(writeHistogram(readHistogram(one))).toBe(one)
        expect(writeHistogram(new Map(timesOf(each).rising))).toBe(histogramOf(days.flat()))
        expect(writeHistogram(new Map(timesOf([each.join(' ')]).rising))).toBe(histogramOf(days.flat()))
        expect(timesOf(each).count).toBe(days.flat().length)
      }),
    )
  })
})

describe('a percentile', () => {
  test('is by nearest rank', () => {
    const twenty = timesOf([histogramOf(Array.from({ length: 20 }, (_, i) => i + 1))])
    expect([500, 900, 950, 951, 990, 1000].map((p) => percentile(twenty, p))).toEqual([10, 18, 19, 20, 20, 20])
    expect(percentile(twenty, 1)).toBe(1)
    expect(percentile(timesOf([]), 500)).toBeNull()
  })

  test('is never below the true one, and at most 1/32 above it', () => {
    fc.assert(
      fc.property(fc.array(seconds, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 1000 }), (times, p) => {
        const true_ = times.toSorted((a, b) => a - b)[Math.max(1, Math.ceil((p * times.length) / 1000)) - 1] as number
        const shown = percentile(timesOf([histogramOf(times)]), p) as number
        expect(shown).toBeGreaterThanOrEqual(true_)
        expect(shown).toBeLessThanOrEqual(true_ * (1 + 1 / 32))
        if (true_ < 64) expect(shown).toBe(true_)
      }),
    )
  })
})
