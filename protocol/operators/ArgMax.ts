import { isNaNBits } from '../arithmetic/float32.ts'
import { exactly, OPEN } from '../arithmetic/range.ts'
import { Line, oneAxis } from './lines.ts'
import type { Operator } from './operator.ts'
import { REDUCTION_WEIGHT } from './reduction.ts'
import { axisOf, given, signedOf, type View } from './view.ts'

/**
 * ArgMax: where along an axis the largest element is; the first of equal ones, or the last. Exact, since comparing
 * rounds nothing. Attributes: axis, keepdims, select_last_index.
 *
 * Left open where a NaN is among the elements, and where the largest are zeros of both signs or subnormal numbers:
 * which of those are equal depends on the hardware.
 *
 * @see https://onnx.ai/onnx/operators/onnx__ArgMax.html
 */
export const ArgMax: Operator = {
  canonical: (node) => ({
    attributes: [node.int('axis') ?? 0n, node.int('keepdims') ?? 1n, node.int('select_last_index') ?? 0n],
    inputs: [0],
  }),
  reads: (_, attributes) => ({ axis: Number(attributes[0]), weight: REDUCTION_WEIGHT }),
  shape({ attributes, inputs }) {
    const { dims } = given(inputs, 0)
    const own = axisOf(attributes[0] as bigint, dims.length)
    if (attributes[1] === 0n) return { dtype: 'int64', dims: dims.filter((_, axis) => axis !== own) }
    return { dtype: 'int64', dims: dims.map((size, axis) => (axis === own ? 1 : size)) }
  },
  element({ attributes, inputs, index }) {
    const view = given(inputs, 0)
    if (view.dtype === 'float64' || view.dtype === 'float16') return OPEN
    const axis = axisOf(attributes[0] as bigint, view.dims.length)
    const line = new Line(view.dims, oneAxis(axis, view.dims.length), index, { reduced: true })
    let best: { key: bigint; bits: bigint; place: number; mixed: boolean } | undefined
    for (let place = 0; place < line.count; place++) {
      const bits = view.bits(line.at(place))
      const key = keyOf(view, bits)
      if (key === undefined) return OPEN
      if (!best || key > best.key) best = { key, bits, place, mixed: false }
      else if (key === best.key) {
        if (bits !== best.bits) best.mixed = true
        if (attributes[2] !== 0n) best.place = place
      }
    }
    return !best || best.mixed ? OPEN : exactly(BigInt(best.place))
  },
}

/** A whole number in the same order as the elements; undefined for a NaN. Zeros and subnormal numbers are one. */
function keyOf(view: View, bits: bigint): bigint | undefined {
  if (view.dtype !== 'float32') return signedOf(view.dtype, bits)
  const single = Number(bits)
  if (isNaNBits(single)) return undefined
  const size = single & 0x7fffffff
  if (size < 0x800000) return 0n
  return BigInt(single >>> 31 === 1 ? -size : size)
}
