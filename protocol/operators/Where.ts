import { isNaNBits, toFixed } from '../arithmetic/float32.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { anyOrder, type Operator } from './operator.ts'
import { broadcastDims, broadcastIndex, given } from './view.ts'

/**
 * Where: an element of the second input where the first is true, else one of the third, broadcast to each other.
 * Attributes: none.
 *
 * Not the very bits of a float: ONNX Runtime merges the two inputs by what is not zero, which turns negative zero into
 * zero. So a NaN is open, and so are floats of other widths.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Where.html
 * @see https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/providers/cpu/tensor/where_op.cc
 */
export const Where: Operator = {
  canonical: () => ({ attributes: [], inputs: [0, 1, 2] }),
  reads: () => anyOrder,
  shape({ inputs }) {
    const values = broadcastDims(given(inputs, 1).dims, given(inputs, 2).dims)
    return { dtype: given(inputs, 1).dtype, dims: broadcastDims(given(inputs, 0).dims, values) }
  },
  element({ inputs, dims, index }) {
    const condition = given(inputs, 0)
    const isTrue = condition.bits(broadcastIndex(dims, condition.dims, index)) !== 0n
    const chosen = given(inputs, isTrue ? 1 : 2)
    const { dtype } = chosen
    if (condition.dtype !== 'bool' || dtype === 'float16' || dtype === 'float64') return OPEN
    const bits = chosen.bits(broadcastIndex(dims, chosen.dims, index))
    if (dtype !== 'float32') return exactly(bits)
    const value = toFixed(Number(bits))
    if (value !== undefined) return around(value, 0n)
    return isNaNBits(Number(bits)) ? OPEN : exactly(bits)
  },
}
