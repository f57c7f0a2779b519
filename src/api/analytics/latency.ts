import { addHistogram, bucketEnd, type Histogram } from '../../rows/histogram.ts'

/** The counts of many histograms together. */
export function merged(histograms: Iterable<Histogram>): Map<number, number> {
  const all = new Map<number, number>()
  for (const histogram of histograms) addHistogram(all, histogram)
  return all
}

/**
 * The nearest-rank percentile: the least time that so many of all do not exceed, as the last second of its bucket. Never
 * below the true one, and at most 1/32 above it; below 64 seconds it is the true one.
 *
 * @param thousandths 500 for the median
 * @returns seconds; null when nothing was counted
 */
export function percentile(buckets: ReadonlyMap<number, number>, thousandths: number): number | null {
  const rising = [...buckets].sort(([a], [b]) => a - b)
  const count = rising.reduce((sum, [, n]) => sum + n, 0)
  // In whole numbers: 0.95 of 20 is 19 and not a little more.
  const rank = Math.max(1, Math.ceil((thousandths * count) / 1000))
  let seen = 0
  for (const [bucket, n] of rising) {
    seen += n
    if (seen >= rank) return bucketEnd(bucket)
  }
  return null
}
