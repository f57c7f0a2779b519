/**
 * How often which time was seen, as text: `<seconds>:<count>` for each bucket that is not empty, rising, separated by
 * spaces. A bucket is named by its least second. Buckets are one second wide below 64 seconds and 1/32 of their octave's
 * begin above, as in HdrHistogram (Tene, hdrhistogram.org): so a percentile read off them is at most 1/32 too high, and
 * histograms of many days add up. Exact percentiles would need every result of a year to be sorted for one answer.
 */
export type Histogram = string

/** Below this every second has a bucket of its own. */
const EXACT = 64
/** Buckets an octave, as a power of two. */
const BITS = 5
/** Longer than this is counted as this: 136 years. */
const LONGEST = 2 ** 32 - 1

/** The least second of the bucket that a time falls in. @param seconds whole, not below zero */
export function bucketOf(seconds: number): number {
  const time = Math.min(seconds, LONGEST)
  return time < EXACT ? time : Math.floor(time / widthAt(time)) * widthAt(time)
}

/** The last second of a bucket. */
export function bucketEnd(bucket: number): number {
  return bucket < EXACT ? bucket : bucket + widthAt(bucket) - 1
}

/** A histogram with one more time in it. */
export function withTime(histogram: Histogram, seconds: bigint): Histogram {
  const bucket = bucketOf(Number(seconds))
  const counts = readHistogram(histogram)
  counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  return writeHistogram(counts)
}

/** Counts by bucket. */
export function readHistogram(histogram: Histogram): Map<number, number> {
  const counts = new Map<number, number>()
  addHistogram(counts, histogram)
  return counts
}

const [SPACE, COLON, ZERO] = [' ', ':', '0'].map((sign) => sign.charCodeAt(0)) as [number, number, number]

/** Adds to counts what one histogram has, or several do, one after another. Digit by digit: a year of all nodes is megabytes. */
export function addHistogram(counts: Map<number, number>, histogram: Histogram): void {
  let [bucket, number] = [0, 0]
  for (let i = 0; i <= histogram.length; i++) {
    const sign = i < histogram.length ? histogram.charCodeAt(i) : SPACE
    if (sign === COLON) {
      bucket = number
      number = 0
    } else if (sign === SPACE) {
      if (number > 0) counts.set(bucket, (counts.get(bucket) ?? 0) + number)
      number = 0
    } else number = number * 10 + sign - ZERO
  }
}

/** The text of counts by bucket. */
export function writeHistogram(counts: ReadonlyMap<number, number>): Histogram {
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => `${bucket}:${count}`)
    .join(' ')
}

function widthAt(time: number): number {
  return 2 ** (31 - Math.clz32(time) - BITS)
}
