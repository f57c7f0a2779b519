import { elementCount } from '../tensor.ts'
import { mover } from './mover.ts'
import { UnfitError } from './unfit.ts'
import { axisOf, given, type View } from './view.ts'

/**
 * Gather: slices of the data along an axis, picked by indices. Attributes: axis. Inputs: data, indices (int32 or int64,
 * negative from the end).
 *
 * @see https://onnx.ai/onnx/operators/onnx__Gather.html
 */
export const Gather = mover({
  canonical: (node) => ({ attributes: [node.int('axis') ?? 0n], inputs: [0, 1] }),
  shape({ attributes, inputs }) {
    const data = given(inputs, 0)
    const axis = axisOf(attributes[0] as bigint, data.dims.length)
    return {
      dtype: data.dtype,
      dims: [...data.dims.slice(0, axis), ...indicesIn(inputs).dims, ...data.dims.slice(axis + 1)],
    }
  },
  source({ attributes, inputs, index }) {
    const data = given(inputs, 0)
    const indices = indicesIn(inputs)
    const axis = axisOf(attributes[0] as bigint, data.dims.length)
    const size = data.dims[axis] as number
    const inner = elementCount(data.dims.slice(axis + 1))
    const picks = elementCount(indices.dims)
    const pick = axisOf(indices.whole(Math.floor(index / inner) % picks), size)
    return { input: 0, index: (Math.floor(index / inner / picks) * size + pick) * inner + (index % inner) }
  },
})

function indicesIn(inputs: readonly (View | undefined)[]): View {
  const indices = given(inputs, 1)
  if (indices.dtype !== 'int32' && indices.dtype !== 'int64') throw new UnfitError(`indices of ${indices.dtype}`)
  return indices
}
