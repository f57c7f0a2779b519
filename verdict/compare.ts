import { type NamedTensors, sameShape, type Tensor } from '../protocol/tensor.ts'
import type { Envelope } from './envelope.ts'
import type { Replayed } from './form.ts'
import { type Measured, measure, unequal } from './measure.ts'
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

/** Honest set-ups that were not tried lay at most 3.7 times the envelope away; twice that, and no honest node is near. */
const ENVELOPE_FACTOR = 8
/** An envelope below this says only that few set-ups were tried: 8 units in the last place of fp32, as measured. */
const ENVELOPE_FLOOR = 1e-6

/**
 * Compares posted outputs with those of a replay, output by output, as `measure` says for `fp32` and bit by bit for
 * `exact`. An output missing, one too many, another dtype or another shape is a difference in both classes. Pure; never
 * throws on well-formed tensors.
 *
 * @param envelope when given, an output passes as well when it is no farther than eight times the envelope: then the
 * registered tolerance is tighter than honest machines are alike
 * @returns `incomparable` for a tolerance that is no number from zero up: with NaN everything would differ, and honest
 * nodes would be challenged
 */
export function compare(posted: NamedTensors, replayed: Replayed, rule: Rule, envelope?: Envelope): Comparison {
  if (!(rule.tolerance >= 0) || rule.tolerance === Number.POSITIVE_INFINITY)
    return incomparable(`the tolerance ${rule.tolerance} is not a number from zero up`)
  if (replayed.outputs.size === 0) return incomparable('the replay gave no outputs')
  if (rule.precision !== 'exact' && rule.precision !== 'fp32')
    return incomparable('the precision class is neither exact nor fp32')

  let closest: { output: string; distance: number; tolerance: number } | undefined
  let worst: { difference: Difference; severity: number } | undefined
  const blame = (difference: Difference): void => {
    const severity = severityOf(difference)
    if (!worst || severity > worst.severity) worst = { difference, severity }
  }

  for (const [output, reference] of replayed.outputs) {
    const given = posted.get(output)
    if (!given) {
      blame({ ...structural(output, 'missing'), replayed: shapeOf(reference) })
      continue
    }
    if (!sameShape(given, reference)) {
      blame({ ...structural(output, 'shape'), posted: shapeOf(given), replayed: shapeOf(reference) })
      continue
    }
    const measured =
      rule.precision === 'exact'
        ? Buffer.compare(given.data, reference.data) === 0
          ? undefined
          : unequal(given, reference)
        : measure(given, reference, replayed.forms.get(output), replayed.scores.get(output))
    if (!measured) continue
    const wide = envelope?.get(output)
    const tolerance = toleranceOf(measured, rule, wide)
    const { kind, distance, at } = measured
    // Not `distance > tolerance`: NaN must fail.
    if (kind === 'bits' || distance === null || !(distance <= tolerance))
      blame({
        ...{ output, kind, distance, tolerance, envelope: wide ?? null, at },
        ...{ posted: measured.posted, replayed: measured.replayed },
      })
    else if (!closest || distance / tolerance > closest.distance / closest.tolerance)
      closest = { output, distance, tolerance }
  }
  for (const [output, given] of posted)
    if (!replayed.outputs.has(output)) blame({ ...structural(output, 'extra'), posted: shapeOf(given) })

  if (worst) return { kind: 'differs', difference: worst.difference }
  return { kind: 'agrees', output: null, distance: 0, tolerance: rule.tolerance, ...closest }
}

function toleranceOf({ kind, rounding }: Measured, rule: Rule, envelope: number | undefined): number {
  if (kind === 'bits' || kind === 'discrete') return 0
  const wide = envelope === undefined ? 0 : ENVELOPE_FACTOR * Math.max(envelope, ENVELOPE_FLOOR)
  return Math.max(rule.tolerance, wide) + rounding
}

/**
 * Which of several differences is shown: what needs no measure first, then the largest multiple of its tolerance. A whole
 * number of which nobody knows the margin comes last, so that it cannot hide another difference.
 */
function severityOf({ kind, distance, tolerance }: Difference): number {
  if (kind === 'discrete') return -1
  if (distance === null || tolerance === 0 || Number.isNaN(distance)) return Number.POSITIVE_INFINITY
  return distance / tolerance
}

function structural(output: string, kind: 'missing' | 'extra' | 'shape'): Difference {
  return { output, kind, distance: null, tolerance: 0, envelope: null, at: null, posted: null, replayed: null }
}

function incomparable(reason: string): Comparison {
  return { kind: 'incomparable', reason }
}

function shapeOf(tensor: Tensor): string {
  return `${tensor.dtype}[${tensor.dims.join(',')}]`
}
