import { listOf } from './lists.ts'
import { mover } from './mover.ts'
import { UnfitError } from './unfit.ts'
import { axisOf, given } from './view.ts'

/**
 * Squeeze: without some axes of size one. Attributes: these axes; none means every axis of size one.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Squeeze.html
 */
export const Squeeze = mover({
  canonical: (node) => ({ attributes: listOf(node, 'Squeeze', 'axes', 1) ?? [], inputs: [0] }),
  shape({ attributes, inputs }) {
    const { dtype, dims } = given(inputs, 0)
    if (attributes.length === 0) return { dtype, dims: dims.filter((size) => size !== 1) }
    const gone = new Set(attributes.map((axis) => axisOf(axis, dims.length)))
    for (const axis of gone) if (dims[axis] !== 1) throw new UnfitError(`axis ${axis} of [${dims}]`)
    return { dtype, dims: dims.filter((_, axis) => !gone.has(axis)) }
  },
  source: ({ index }) => ({ input: 0, index }),
})
