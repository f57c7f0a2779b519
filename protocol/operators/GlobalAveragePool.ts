import { aroundMean, MAX_TERMS } from '../arithmetic/bounds.ts'
import { Dot, FLOAT_ONE } from '../arithmetic/dot.ts'
import { OPEN } from '../arithmetic/range.ts'
import { elementCount } from '../tensor.ts'
import type { Operator } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { given } from './view.ts'

/**
 * GlobalAveragePool of float32 tensors: the mean over all spatial axes. Attributes: none.
 *
 * Bound: the worst-case γ of the elements and three more for the division, see `aroundMean`.
 *
 * @see https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html
 */
export const GlobalAveragePool: Operator = {
  canonical: () => ({ attributes: [], inputs: [0] }),
  reads: () => ({ axis: -1, weight: 50 }),
  shape({ inputs }) {
    const { dtype, dims } = given(inputs, 0)
    countOf(dims)
    return { dtype, dims: dims.map((size, axis) => (axis < 2 ? size : 1)) }
  },
  element({ inputs, index }) {
    const x = given(inputs, 0)
    const count = countOf(x.dims)
    if (x.dtype !== 'float32' || count > MAX_TERMS) return OPEN
    const dot = new Dot()
    for (let i = 0; i < count; i++) dot.add(x.float(index * count + i), FLOAT_ONE)
    return aroundMean(dot, count, count)
  },
}

/** Elements of a channel. */
function countOf(dims: readonly number[]): number {
  const count = elementCount(dims.slice(2))
  if (dims.length < 3 || count === 0) throw new UnfitError(`the mean of [${dims}]`)
  return count
}
