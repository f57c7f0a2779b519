import { MAX_TERMS, times, worstCase } from '../arithmetic/bounds.ts'
import { abs, BITS, div, mul, sqrt, TINY, U } from '../arithmetic/fixed.ts'
import { toFixed } from '../arithmetic/float32.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { axesFrom, Line } from './lines.ts'
import { NotProvableError, type Operator } from './operator.ts'
import { REDUCTION_WEIGHT } from './reduction.ts'
import { axisOf, broadcastIndex, given } from './view.ts'

/** 2⁵²: beyond it sums of squares might overflow. */
const LARGE = 1n << (BITS + 52n)

/**
 * LayerNormalization: y = (x − μ) / √(v + ε) · scale + bias over all axes from one on. Attributes: axis, bits of epsilon.
 * Only the first output; its statistics are not provable.
 *
 * With G = γₙ₊₈ + 8u, A the mean of |x|, Q that of x² and z = x − μ:
 *
 * - The mean is wrong by at most G·A.
 * - The variance is wrong by at most e = 4·G·Q, not relative to itself: it may be computed as Q − μ², where Q is wrong by
 *   G·Q, μ² by (2G + G² + u)·Q and the difference by u·Q. Two passes or Welford's method are nearer (Chan, Golub and
 *   LeVeque, Algorithms for Computing the Sample Variance, 1983).
 * - With D = v + ε and e ≤ D/2, 1/√D is wrong by the factor 1 ± e/D; beyond that nothing is said. 32u more for an
 *   approximate root and division.
 * - What is left is |scale|/√D·(|z|·(e/D + 32u) + 3·G·A + 16u·|x|) + 8u·|bias|, which also holds where a kernel computes
 *   x·(scale/√D) + (bias − μ·scale/√D), whose roundings are relative to x and μ, not to z.
 * - Numbers that hardware flushes to zero, on the way or before the scale: 2⁻¹⁰⁰ at each place.
 *
 * @see https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
 */
export const LayerNormalization: Operator = {
  canonical(node) {
    if (node.outputs > 1) throw new NotProvableError('LayerNormalization with more than one output')
    if ((node.int('stash_type') ?? 1n) !== 1n) throw new NotProvableError('LayerNormalization not in float32')
    return {
      // 1e-5 by default.
      attributes: [node.int('axis') ?? -1n, BigInt(node.float('epsilon') ?? 0x3727c5ac)],
      inputs: node.has(2) ? [0, 1, 2] : [0, 1],
    }
  },
  reads: (input) => ({ axis: -1, weight: input === 0 ? REDUCTION_WEIGHT : 0 }),
  shape: ({ inputs }) => given(inputs, 0),
  element({ attributes, inputs, dims, index }) {
    const view = given(inputs, 0)
    if (view.dtype !== 'float32') return OPEN
    const rank = view.dims.length
    const line = new Line(view.dims, axesFrom(axisOf(attributes[0] as bigint, rank), rank), index)
    const x = toFixed(view.float(index))
    const epsilon = toFixed(Number(attributes[1]))
    const scale = factor(1)
    const bias = inputs.length > 2 ? factor(2) : 0n
    if (x === undefined || epsilon === undefined || scale === undefined || bias === undefined) return OPEN
    if (line.count > MAX_TERMS) return OPEN

    let sum = 0n
    let size = 0n
    let squares = 0n
    for (let k = 0; k < line.count; k++) {
      const one = toFixed(view.float(line.at(k)))
      if (one === undefined || abs(one) >= LARGE) return OPEN
      sum += one
      size += abs(one)
      squares += (one * one) >> BITS
    }
    const n = BigInt(line.count)
    const mean = sum / n
    const spread = squares / n
    const off = worstCase(line.count + 8) + 8n * U
    const offVariance = 4n * times(off, spread) + TINY
    const exact = spread - mul(mean, mean)
    const variance = (exact > 0n ? exact : 0n) + epsilon
    if (variance < 2n * offVariance) return OPEN

    const root = sqrt(variance)
    const z = x - mean
    const relative = div(offVariance, variance) + 32n * U
    const loss = times(relative, abs(z)) + 3n * times(off, size / n) + (abs(x) >> 20n) + TINY
    const flushed = (abs(x) + size / n) >> 100n
    const inner = div(loss, root) + TINY
    const radius = mul(abs(scale), inner) + flushed + (abs(bias) >> 21n)
    return around(mul(scale, div(z, root)) + bias, radius)

    function factor(input: number): bigint | undefined {
      const own = given(inputs, input)
      return own.dtype === 'float32' ? toFixed(own.float(broadcastIndex(dims, own.dims, index))) : undefined
    }
  },
}
