import { listOf } from './lists.ts'
import { mover } from './mover.ts'
import { NotProvableError } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { axisOf, given } from './view.ts'

/**
 * Unsqueeze: with more axes, of size one. Attributes: where they are in the output.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Unsqueeze.html
 */
export const Unsqueeze = mover({
  canonical(node) {
    const axes = listOf(node, 'Unsqueeze', 'axes', 1)
    if (!axes) throw new NotProvableError('Unsqueeze without axes')
    return { attributes: axes, inputs: [0] }
  },
  shape({ attributes, inputs }) {
    const { dtype, dims } = given(inputs, 0)
    const rank = dims.length + attributes.length
    const added = new Set(attributes.map((axis) => axisOf(axis, rank)))
    if (added.size !== attributes.length) throw new UnfitError(`axes [${attributes}]`)
    let next = 0
    return { dtype, dims: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (dims[next++] as number))) }
  },
  source: ({ index }) => ({ input: 0, index }),
})
