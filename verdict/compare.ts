import { dtypes, type NamedTensors, type Tensor } from '../protocol/tensor.ts'
import { type Elements, elementsOf } from './elements.ts'
import type { Evidence, Rule } from './verdict.ts'

/** What was found out about one output, before anybody's second opinion. */
export type Difference = Omit<Evidence, 'runtimes'>

/** How a posted result compares with one replay of it. */
export type Comparison =
  | {
      kind: 'agrees'
      /** The output that came closest to failing; null when every output was equal bit by bit. */
      output: string | null
      distance: number
      tolerance: number
    }
  | { kind: 'differs'; difference: Difference }
  /** The comparison itself makes no sense, so it can blame nobody. */
  | { kind: 'incomparable'; reason: string }

/**
 * Compares posted outputs with those of a replay, output by output. Pure.
 *
 * - `fp32`, floating-point outputs: D = max|Δ| / max(1, max|ref|) must be at most the tolerance, ref being the replay.
 *   Rejected: units in the last place and per-element relative error, which reach 8.8e8 ULP and 14 % between honest
 *   machines wherever an element is near zero, and cosine similarity, which does not see a wrong element; over twelve
 *   real models the largest honest D was 3.6e-5. A norm-wise bound is also what rounding analysis gives (Higham,
 *   *Accuracy and Stability of Numerical Algorithms*, §3.5: |fl(Ax) − Ax| ≤ γₙ|A||x|).
 * - float16 outputs get 2⁻¹⁰ more: two values that differ by less than the tolerance may round to neighbours, and each
 *   rounding moves by at most u = 2⁻¹¹ of the scale (Higham, Theorem 2.2).
 * - `exact`: the same bits. Two NaNs at the same place are equal whatever their payload, since WebAssembly leaves it
 *   open and machines differ in it (specification, "NaN propagation"); +0 and −0 are different bits.
 * - NaN on one side only is infinitely far away, and so is an infinity that the other side does not have. An infinity
 *   on both sides is equal and does not count for the scale, else one of them would excuse every other element.
 * - Integers and booleans are equal or different in both classes; they have no distance.
 * - An output missing, one too many, another dtype or another shape is a difference in both classes.
 *
 * Never throws on a well-formed tensor. A rule that is not a number above zero (fp32) is `incomparable`: with NaN as
 * tolerance everything would differ, and honest nodes would be challenged.
 */
export function compare(posted: NamedTensors, replayed: NamedTensors, rule: Rule): Comparison {
  if (!(rule.tolerance >= 0) || rule.tolerance === Number.POSITIVE_INFINITY)
    return incomparable(`the tolerance ${rule.tolerance} is not a number from zero up`)
  if (replayed.size === 0) return incomparable('the replay gave no outputs')
  if (rule.precision !== 'exact' && rule.precision !== 'fp32')
    return incomparable('the precision class is neither exact nor fp32')

  let closest: { output: string; distance: number; tolerance: number } | undefined
  let worst: { difference: Difference; severity: number } | undefined
  const blame = (difference: Difference): void => {
    const severity = severityOf(difference)
    if (!worst || severity > worst.severity) worst = { difference, severity }
  }

  for (const [output, reference] of replayed) {
    const given = posted.get(output)
    if (!given) {
      blame({ ...unequal(output, 'missing'), replayed: shapeOf(reference) })
      continue
    }
    if (given.dtype !== reference.dtype || !sameDims(given.dims, reference.dims)) {
      blame({ ...unequal(output, 'shape'), posted: shapeOf(given), replayed: shapeOf(reference) })
      continue
    }
    // Cheap first: nearly every honest result on the same runtime ends here.
    if (Buffer.compare(given.data, reference.data) === 0) continue
    const a = elementsOf(given)
    const b = elementsOf(reference)
    if (rule.precision === 'exact' || !b.isFloat) {
      const difference = firstUnequal(output, given, reference, a, b)
      if (difference) blame(difference)
      continue
    }
    const { distance, at } = distanceOf(a, b)
    const tolerance = rule.tolerance + (reference.dtype === 'float16' ? 2 ** -10 : 0)
    // Not `distance > tolerance`: NaN must fail.
    if (!(distance <= tolerance))
      blame({ output, kind: 'distance', distance, tolerance, at, posted: a.print(at), replayed: b.print(at) })
    else if (!closest || distance / tolerance > closest.distance / closest.tolerance)
      closest = { output, distance, tolerance }
  }
  for (const [output, given] of posted)
    if (!replayed.has(output)) blame({ ...unequal(output, 'extra'), posted: shapeOf(given) })

  if (worst) return { kind: 'differs', difference: worst.difference }
  return { kind: 'agrees', output: null, distance: 0, tolerance: rule.tolerance, ...closest }
}

/**
 * D and the flat index of the element that decides it. NaN when one side is NaN where the other is not, Infinity when
 * only one side is infinite (or the two infinities have opposite signs).
 */
function distanceOf(a: Elements, b: Elements): { distance: number; at: number } {
  let scale = 1
  let largest = 0
  let at = 0
  for (let i = 0; i < b.length; i++) {
    const x = a.number(i)
    const y = b.number(i)
    const size = Math.abs(y)
    if (size > scale && size !== Number.POSITIVE_INFINITY) scale = size
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue
    const delta = Math.abs(x - y)
    // The first NaN wins over everything: nothing compares above it, and nothing may replace it.
    if (Number.isNaN(delta)) return { distance: Number.NaN, at: i }
    if (delta > largest) {
      largest = delta
      at = i
    }
  }
  return { distance: largest / scale, at }
}

/** The first element whose bits differ, both-NaN excepted; undefined when there is none. */
function firstUnequal(output: string, given: Tensor, reference: Tensor, a: Elements, b: Elements) {
  const width = dtypes[given.dtype].bytes
  for (let i = 0; i < b.length; i++) {
    let same = true
    for (let byte = i * width; byte < (i + 1) * width; byte++)
      if (given.data[byte] !== reference.data[byte]) same = false
    if (same || (b.isFloat && Number.isNaN(a.number(i)) && Number.isNaN(b.number(i)))) continue
    return {
      ...unequal(output, b.isFloat ? 'bits' : 'discrete'),
      distance: b.isFloat ? distanceOf(a, b).distance : null,
      at: i,
      posted: a.print(i),
      replayed: b.print(i),
    }
  }
  return undefined
}

/** Which of several differences is shown: what needs no measure first, then the largest multiple of its tolerance. */
function severityOf(difference: Difference): number {
  if (difference.kind !== 'distance' || Number.isNaN(difference.distance)) return Number.POSITIVE_INFINITY
  return (difference.distance as number) / difference.tolerance
}

function unequal(output: string, kind: Exclude<Evidence['kind'], 'distance'>): Difference {
  return { output, kind, distance: null, tolerance: 0, at: null, posted: null, replayed: null }
}

function incomparable(reason: string): Comparison {
  return { kind: 'incomparable', reason }
}

function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis])
}

function shapeOf(tensor: Tensor): string {
  return `${tensor.dtype}[${tensor.dims.join(',')}]`
}
