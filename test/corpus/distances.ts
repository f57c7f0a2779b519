import type { NamedTensors } from '../../protocol/tensor.ts'
import { floats } from './inputs.ts'
import type { CorpusModel } from './models.ts'

/** Unit roundoff of float32. */
export const UNIT = 2 ** -24

/** How far a posted result is from the replay's, in the two spaces it may be judged in. */
export interface Distances {
  /** max|Δ| / max(1, max|ref|), the largest over all outputs */
  readonly plain: number
  /** the same before sigmoid or softmax; the plain distance of outputs that went through neither */
  readonly logit: number
  /** largest |Δp| of a sigmoid, in units of 2⁻²⁴ */
  readonly sigmoid: number
  /** largest |Δ log p| of a softmax, in units of 2⁻²⁴·(1 + |log p|) */
  readonly softmax: number
}

/**
 * Measures both distances, apart from `verdict/`: what the rule should be must not come from the code that applies it.
 *
 * In logit space every output stands for an interval, since a saturated one cannot tell its logits apart: p ± slack·2⁻²⁴
 * for a sigmoid, log p ± slack·2⁻²⁴·(1 + |log p|) for a softmax. The distance is that of the intervals; half of it for a
 * softmax, whose other scores may have moved the opposite way.
 *
 * @param slack in units of 2⁻²⁴, on each side. On 16 million arguments from −20 to 20, Sigmoid of onnxruntime-node and of
 * onnxruntime-web were off by 3.0 and 3.7 at most, and never more than 4 apart: 2 on each side allow for that.
 * @returns infinities when names, types or shapes differ or something is not a number
 */
export function distances(
  given: NamedTensors,
  reference: NamedTensors,
  { squashed }: Pick<CorpusModel, 'squashed'>,
  slack = 2,
): Distances {
  let all: Distances = { plain: 0, logit: 0, sigmoid: 0, softmax: 0 }
  const include = (one: Partial<Distances>) => {
    const larger = (key: keyof Distances) => Math.max(all[key], one[key] ?? 0)
    all = {
      plain: larger('plain'),
      logit: larger('logit'),
      sigmoid: larger('sigmoid'),
      softmax: larger('softmax'),
    }
  }
  const infinite = { plain: Number.POSITIVE_INFINITY, logit: Number.POSITIVE_INFINITY, sigmoid: 0, softmax: 0 }
  if (given.size !== reference.size) return infinite
  for (const [name, tensor] of reference) {
    const other = given.get(name)
    if (other?.dtype !== 'float32' || other.dims.join() !== tensor.dims.join()) return infinite
    const [a, b] = [floats(other), floats(tensor)]
    const plain = plainDistance(a, b)
    if (!Number.isFinite(plain)) return infinite
    const kind = squashed.get(name)
    if (kind === 'sigmoid') include({ plain, ...sigmoidDistance(a, b, slack) })
    else if (kind === 'softmax') include({ plain, ...softmaxDistance(a, b, slack) })
    else include({ plain, logit: plain })
  }
  return all
}

function plainDistance(a: Float32Array, b: Float32Array): number {
  let [difference, scale] = [0, 1]
  for (let i = 0; i < b.length; i++) {
    const one = Math.abs((a[i] as number) - (b[i] as number))
    // Asked before comparing, so that a NaN cannot pass for agreement.
    if (!Number.isFinite(one)) return Number.POSITIVE_INFINITY
    if (one > difference) difference = one
    const size = Math.abs(b[i] as number)
    if (size > scale) scale = size
  }
  return difference / scale
}

function sigmoidDistance(a: Float32Array, b: Float32Array, slack: number) {
  let [gap, scale, sigmoid] = [0, 1, 0]
  for (const [i, q] of b.entries()) {
    const p = a[i] as number
    const size = Math.abs(logit(q))
    if (size > scale && Number.isFinite(size)) scale = size
    if (p === q) continue
    const [low, high] = p < q ? [p, q] : [q, p]
    sigmoid = Math.max(sigmoid, (high - low) / UNIT)
    // Not a number where both ends are beyond 0 or 1: no gap.
    const apart = logit(high - slack * UNIT) - logit(low + slack * UNIT)
    if (apart > gap) gap = apart
  }
  return { logit: gap / scale, sigmoid }
}

function softmaxDistance(a: Float32Array, b: Float32Array, slack: number) {
  let [gap, scale, softmax] = [0, 1, 0]
  for (const [i, q] of b.entries()) {
    const p = a[i] as number
    const [x, y] = [logOf(p), logOf(q)]
    scale = Math.max(scale, Math.abs(y))
    if (p === q) continue
    const unit = UNIT * (1 + Math.abs(y))
    softmax = Math.max(softmax, Math.abs(x - y) / unit)
    gap = Math.max(gap, Math.abs(x - y) - 2 * slack * unit)
  }
  return { logit: gap / (2 * scale), softmax }
}

function logit(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY
  if (p >= 1) return Number.POSITIVE_INFINITY
  return Math.log(p) - Math.log1p(-p)
}

/** Below 2⁻¹⁰⁰ runtimes flush to zero at different points. */
function logOf(p: number): number {
  return Math.log(Math.max(p, 2 ** -100))
}
