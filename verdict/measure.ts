import { dtypes, type Tensor } from '../protocol/tensor.ts'
import { type Elements, elementsOf } from './elements.ts'
import type { Form } from './form.ts'
import { labelDistance } from './label.ts'
import { logitDistance } from './logit.ts'
import type { DifferenceKind } from './verdict.ts'

/** How far one tensor is from another of the same type and shape. */
export interface Measured {
  readonly kind: DifferenceKind
  /** null where no distance is defined; NaN or Infinity where only one side is a number */
  readonly distance: number | null
  /** flat index of the element that decides */
  readonly at: number
  /** What rounding to the element type itself adds to any tolerance. */
  readonly rounding: number
  /** the two elements there, printed */
  readonly posted: string
  readonly replayed: string
}

/**
 * Measures how far an output is from the replay's, by its {@link Form}. Undefined when they are equal. Pure; the two
 * have the same dtype and shape.
 *
 * - **linear**: D = max|Δ| / max(1, max|ref|). Rejected: units in the last place and per-element relative error, which
 *   reach 8.8e8 ULP and 14 % between honest machines wherever an element is near zero, and cosine similarity, which does
 *   not see a wrong element; over twelve real models the largest honest D was 3.6e-5. A norm-wise bound is also what
 *   rounding analysis gives (Higham, *Accuracy and Stability of Numerical Algorithms*, §3.5: |fl(Ax) − Ax| ≤ γₙ|A||x|).
 * - **sigmoid, tanh, softmax**: the larger of D and the distance in logit space (see `logit.ts`).
 * - **label**: by the scores (see `label.ts`).
 * - float16 outputs: two values that differ by less than the tolerance may round to neighbours, and each rounding moves
 *   by at most u = 2⁻¹¹ of the scale (Higham, Theorem 2.2), so `rounding` is 2⁻¹⁰.
 * - NaN on one side only is infinitely far away, and so is an infinity that the other side does not have. An infinity
 *   on both sides is equal and does not count for the scale, else one of them would excuse every other element.
 */
export function measure(
  given: Tensor,
  reference: Tensor,
  form: Form | undefined,
  scores: Tensor | undefined,
): Measured | undefined {
  // Cheap first: nearly every honest result on the same runtime ends here.
  if (Buffer.compare(given.data, reference.data) === 0) return undefined
  const a = elementsOf(given)
  const b = elementsOf(reference)
  const rounding = reference.dtype === 'float16' ? 2 ** -10 : 0
  const found = (kind: DifferenceKind, { distance, at }: { distance: number | null; at: number }): Measured => ({
    ...{ kind, distance, at, rounding, posted: a.print(at), replayed: b.print(at) },
  })
  if (!b.isFloat) {
    if (form?.kind === 'exact') return unequal(given, reference, a, b, 'bits')
    const label = form?.kind === 'label' && scores ? labelDistance(a, b, scores, form.axis) : undefined
    return label ? found('label', label) : unequal(given, reference, a, b, 'discrete')
  }
  const plain = found('distance', plainDistance(a, b))
  if (form?.kind !== 'sigmoid' && form?.kind !== 'tanh' && form?.kind !== 'softmax') return plain
  const logit = found('logit', logitDistance(form.kind, a, b, rounding === 0 ? 2 ** -24 : 2 ** -11))
  return (logit.distance as number) > (plain.distance as number) ? logit : plain
}

/**
 * The first element whose bits differ, undefined when there is none. Two NaNs at the same place are equal whatever their
 * payload, since WebAssembly leaves it open and machines differ in it (specification, "NaN propagation"); +0 and −0 are
 * different bits.
 */
export function unequal(
  given: Tensor,
  reference: Tensor,
  a: Elements = elementsOf(given),
  b: Elements = elementsOf(reference),
  kind: DifferenceKind = 'bits',
): Measured | undefined {
  const width = dtypes[given.dtype].bytes
  for (let at = 0; at < b.length; at++) {
    let same = true
    for (let byte = at * width; byte < (at + 1) * width; byte++)
      if (given.data[byte] !== reference.data[byte]) same = false
    if (same || (b.isFloat && Number.isNaN(a.number(at)) && Number.isNaN(b.number(at)))) continue
    const distance = b.isFloat ? plainDistance(a, b).distance : null
    return { kind, distance, at, rounding: 0, posted: a.print(at), replayed: b.print(at) }
  }
  return undefined
}

/** D and the flat index of the element that decides it. */
function plainDistance(a: Elements, b: Elements): { distance: number; at: number } {
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
