import type { Elements } from './elements.ts'

/**
 * How many units (u = 2⁻²⁴ in fp32) two honest sigmoids or softmaxes may be apart by their own rounding alone, half of it
 * on each side. On 16 million arguments from −20 to 20, the Sigmoid of onnxruntime-node 1.30 was off by 2.6 u at most
 * (3.0 beyond ±8), that of onnxruntime-web by 3.2 (3.7), and never more than 4.0 apart; one that rounds exp, sum and
 * quotient correctly, as GPUs do, is off by 1.5. Softmaxes were off by 1.5 and 3.0 times u(1 + |log p|).
 */
const SLACK = 2
/** Where a sigmoid is nearly saturated, so that the tolerance adds next to nothing to the slack. */
const SATURATED_SLACK = 3
const SATURATED = 2 ** -11

/** A saturated sigmoid has no logit: for the scale it counts as the largest that fp32 can tell from it, ln(2²⁴). */
const LARGEST = 17

/** Smallest probability whose logarithm is looked at: below, runtimes flush to zero at different points. */
const SMALLEST = 2 ** -100

/**
 * Distance of squashed outputs before they were squashed, as far as their rounding lets one see: 0 where both may stand
 * for the same number. A saturated sigmoid hides there what fp16 weights do to its logit by a few thousandths.
 *
 * Each output stands for an interval of logits, p ± {@link SLACK}·u for sigmoid and tanh, whose implementations err by
 * an absolute amount, and log p ± SLACK·u·(1 + |log p|) for softmax, whose error is relative: exp(x) of a rounded x. The
 * gap between the intervals, on the scale max(1, max|logit|), is the distance; half of it for a softmax, since the other
 * scores may have moved the opposite way.
 *
 * @param unit unit roundoff of the outputs' element type
 * @returns the largest distance, and the flat index where it is
 */
export function logitDistance(
  kind: 'sigmoid' | 'tanh' | 'softmax',
  given: Elements,
  reference: Elements,
  unit: number,
): { distance: number; at: number } {
  const interval = intervalOf(kind, unit)
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [largest, at] = [0, 0]
  for (let i = 0; i < reference.length; i++) {
    const y = reference.number(i)
    if (y < lowest) lowest = y
    if (y > highest) highest = y
    const x = given.number(i)
    if (x === y) continue
    const [a, b] = [interval(x), interval(y)]
    // NaN, where both are saturated at the same end, is no gap; a NaN among the outputs is seen by the plain distance.
    const gap = Math.max(a.low - b.high, b.low - a.high)
    if (gap > largest) {
      largest = gap
      at = i
    }
  }
  const largestLogit = Math.max(Math.abs(interval(lowest).low), Math.abs(interval(highest).high))
  const scale = Math.max(1, kind === 'softmax' ? largestLogit : Math.min(largestLogit, LARGEST))
  return { distance: largest / (kind === 'softmax' ? 2 * scale : scale), at }
}

interface Interval {
  readonly low: number
  readonly high: number
}

function intervalOf(kind: 'sigmoid' | 'tanh' | 'softmax', unit: number): (value: number) => Interval {
  const around = (p: number): Interval => {
    const slack = unit * (p < SATURATED || p > 1 - SATURATED ? SATURATED_SLACK : SLACK)
    return { low: logit(p - slack), high: logit(p + slack) }
  }
  switch (kind) {
    case 'sigmoid':
      return around
    case 'tanh':
      // tanh(x) = 2σ(2x) − 1
      return (t) => {
        const { low, high } = around((t + 1) / 2)
        return { low: low / 2, high: high / 2 }
      }
    case 'softmax':
      return (p) => {
        const middle = Math.log(Math.max(p, SMALLEST))
        const error = SLACK * unit * (1 + Math.abs(middle))
        return { low: middle - error, high: middle + error }
      }
  }
}

/** ln(p / (1 − p)), minus infinity from 0 down, infinity from 1 up. */
function logit(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY
  if (p >= 1) return Number.POSITIVE_INFINITY
  return Math.log(p) - Math.log1p(-p)
}
