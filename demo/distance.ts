import type { NamedTensors, Tensor } from '../protocol/tensor.ts'

/** Outputs that come out of a sigmoid or softmax, by name: they are also compared before it. */
export type Squashing = ReadonlyMap<string, 'sigmoid' | 'softmax'>

/**
 * How far outputs are from the reference: max|Δ| / max(1, max|reference|), or the same of the logits where they are
 * squashed (docs/verdict.md), the largest over all outputs.
 *
 * Written here again, apart from the watcher's verdict: what the demo calls dishonest and what the arbiter rules must
 * not come from the code that they check.
 *
 * @returns infinity when names, dtypes or shapes differ, when a number is not finite, or when tensors of whole numbers
 * are not equal
 */
export function distance(outputs: NamedTensors, reference: NamedTensors, squashing: Squashing = new Map()): number {
  if (outputs.size !== reference.size) return Number.POSITIVE_INFINITY
  const each = [...reference].map(([name, tensor]) => tensorDistance(outputs.get(name), tensor, squashing.get(name)))
  return Math.max(0, ...each)
}

function tensorDistance(tensor: Tensor | undefined, reference: Tensor, squashed?: 'sigmoid' | 'softmax'): number {
  if (tensor?.dtype !== reference.dtype || tensor.dims.join() !== reference.dims.join()) return Number.POSITIVE_INFINITY
  if (reference.dtype !== 'float32')
    return Buffer.compare(tensor.data, reference.data) === 0 ? 0 : Number.POSITIVE_INFINITY
  const [a, b] = [floatsOf(tensor), floatsOf(reference)]
  let [difference, scale] = [0, 1]
  for (let i = 0; i < b.length; i++) {
    const one = Math.abs((a[i] as number) - (b[i] as number))
    // Asked before Math.max, so that a NaN cannot pass for agreement.
    if (!Number.isFinite(one)) return Number.POSITIVE_INFINITY
    difference = Math.max(difference, one)
    scale = Math.max(scale, Math.abs(b[i] as number))
  }
  if (!squashed) return difference / scale
  return Math.max(difference / scale, (squashed === 'sigmoid' ? beforeSigmoid : beforeSoftmax)(a, b))
}

/** In units of 2⁻²⁴, on each side: what implementations of a sigmoid or softmax differ by (docs/verdict.md). */
const SLACK = 2 * 2 ** -24

/** Smallest change of the logits that explains the outputs, on the logits' scale. */
function beforeSigmoid(a: Float32Array, b: Float32Array): number {
  const slackOf = (p: number) => (Math.min(p, 1 - p) < 2 ** -11 ? 1.5 * SLACK : SLACK)
  const logit = (p: number) => (p <= 0 ? -Infinity : p >= 1 ? Infinity : Math.log(p / (1 - p)))
  let [gap, scale] = [0, 1]
  for (let i = 0; i < b.length; i++) {
    const [low, high] = [Math.min(a[i] as number, b[i] as number), Math.max(a[i] as number, b[i] as number)]
    // Both ends beyond what a number can say: no gap that anybody could see.
    if (low !== high) gap = Math.max(gap, logit(high - slackOf(high)) - logit(low + slackOf(low)) || 0)
    const p = b[i] as number
    scale = Math.max(scale, Math.min(17, Math.max(-logit(p - slackOf(p)), logit(p + slackOf(p)))))
  }
  return gap / scale
}

/** The same for a softmax: half the change of a logarithm, since the other scores may have moved the opposite way. */
function beforeSoftmax(a: Float32Array, b: Float32Array): number {
  const log = (p: number) => Math.log(Math.max(p, 2 ** -100))
  const error = (p: number) => SLACK * (1 + Math.abs(log(p)))
  let [gap, scale] = [0, 1]
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number]
    if (x !== y) gap = Math.max(gap, Math.abs(log(x) - log(y)) - error(x) - error(y))
    scale = Math.max(scale, Math.abs(log(y)) + error(y))
  }
  return gap / (2 * scale)
}

/** The elements of a float32 tensor, as a copy. */
export function floatsOf({ data }: Tensor): Float32Array {
  return new Float32Array(data.slice().buffer)
}

/** A tensor like another one with other elements. */
export function withFloats(tensor: Tensor, values: Float32Array): Tensor {
  return { ...tensor, data: new Uint8Array(values.slice().buffer) }
}
