import { MAX_TERMS, times, worstCase } from '../arithmetic/bounds.ts'
import { abs, div, exp, U } from '../arithmetic/fixed.ts'
import { toFixed } from '../arithmetic/float32.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { axesFrom, Line, oneAxis } from './lines.ts'
import type { Operator } from './operator.ts'
import { REDUCTION_WEIGHT } from './reduction.ts'
import { axisOf, given } from './view.ts'

/**
 * Softmax: yᵢ = exp(xᵢ − m) / Σ exp(xⱼ − m), m the largest. Attributes: axis; whether all axes from it on are taken
 * together, as operator sets below 13 do.
 *
 * The bound is relative, u·(32 + 8·(|xᵢ| + |m| + ⌈log₂ n⌉)) + γₙ, from these parts:
 *
 * - An argument wrong by δ makes exp wrong by the factor 1 + δ. The argument is rounded relative to its own size, which is
 *   at most |xᵢ| + |m| whether a kernel subtracts m, does not, or works with logarithms; fast exponentials lose up to
 *   about 1.2 ulp (2.4u) for each unit of their argument (CUDA C++ Programming Guide, `__expf`: 2 + ⌊1.16·|x|⌋ ulp).
 * - In the sum each term counts by its share pⱼ, and Σ pⱼ·|xⱼ − m| ≤ ln n: with S = Σ exp(xⱼ − m) ≥ 1 it is the entropy
 *   of p less ln S. So no term's own distance has to be known. |xⱼ| ≤ |m| + |xⱼ − m|.
 * - The sum itself: γₙ under either rule. With the probabilistic one too, because its errors are not independent: where
 *   one term is near 1, thousands of small ones are each rounded down.
 * - 32u for the exponentials' own errors, the division (an approximate one: 4u), and the chain's coarser exp (2⁻⁵⁰).
 *
 * What is below 2⁻¹⁰⁰ may be flushed to zero, which `around` leaves room for.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Softmax.html
 */
export const Softmax: Operator = {
  canonical: (node) => ({
    attributes: node.opset < 13 ? [node.int('axis') ?? 1n, 1n] : [node.int('axis') ?? -1n, 0n],
    inputs: [0],
  }),
  reads: (_, attributes) => ({ axis: attributes[1] === 0n ? Number(attributes[0]) : -1, weight: REDUCTION_WEIGHT }),
  shape: ({ inputs }) => given(inputs, 0),
  element({ attributes, inputs, index }) {
    const view = given(inputs, 0)
    if (view.dtype !== 'float32') return OPEN
    const rank = view.dims.length
    const axis = axisOf(attributes[0] as bigint, rank)
    const line = new Line(view.dims, attributes[1] === 0n ? oneAxis(axis, rank) : axesFrom(axis, rank), index)
    if (line.count > MAX_TERMS) return OPEN
    const own = toFixed(view.float(index))
    const all: bigint[] = []
    let largest: bigint | undefined
    for (let k = 0; k < line.count; k++) {
      const x = toFixed(view.float(line.at(k)))
      if (x === undefined) return OPEN
      if (largest === undefined || x > largest) largest = x
      all.push(x)
    }
    if (own === undefined || largest === undefined) return OPEN
    const top = largest
    const sum = all.reduce((total, x) => total + exp(x - top), 0n)
    const center = div(exp(own - top), sum)
    const digits = BigInt(line.count.toString(2).length)
    const factor = worstCase(line.count) + (32n + 8n * digits) * U + ((abs(own) + abs(top)) >> 21n)
    return around(center, times(factor, center))
  },
}
