import { addHistogram, bucketEnd, type Histogram } from '../../rows/histogram.ts'

/** How often which bucket of times was seen, rising, and how many times that is in all. */
export interface Times {
  count: number
  rising: readonly (readonly [bucket: number, count: number])[]
}

/** The times of many histograms together. */
export function timesOf(histograms: Iterable<Histogram>): Times {
  const counts = new Map<number, number>()
  for (const histogram of histograms) addHistogram(counts, histogram)
  const rising = [...counts].sort(([a], [b]) => a - b)
  return { count: rising.reduce((sum, [, n]) => sum + n, 0), rising }
}

/**
 * The nearest-rank percentile: the least time that so many of all do not exceed, as the last second of its bucket. Never
 * below the true one, and at most 1/32 above it; below 64 seconds it is the true one.
 *
 * @param thousandths 500 for the median
 * @returns seconds; null when nothing was counted
 */
export function percentile({ count, rising }: Times, thousandths: number): number | null {
  // In whole numbers: 0.95 of 20 is 19 and not a little more.
  const rank = Math.max(1, Math.ceil((thousandths * count) / 1000))
  let seen = 0
  for (const [bucket, n] of rising) {
    seen += n
    if (seen >= rank) return bucketEnd(bucket)
  }
  return null
}
