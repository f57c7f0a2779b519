import { mover } from './mover.ts'
import { UnfitError } from './unfit.ts'
import { given, ravel, unravel } from './view.ts'

/**
 * Transpose: axes in another order. Attributes: the input's axis for each axis of the output; none reverses them.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Transpose.html
 */
export const Transpose = mover({
  canonical: (node) => ({ attributes: node.ints('perm') ?? [], inputs: [0] }),
  shape({ attributes, inputs }) {
    const { dtype, dims } = given(inputs, 0)
    return { dtype, dims: orderOf(attributes, dims.length).map((axis) => dims[axis] as number) }
  },
  source({ attributes, inputs, dims, index }) {
    const data = given(inputs, 0)
    const from = unravel(dims, index)
    const at = new Array<number>(data.dims.length).fill(0)
    for (const [i, axis] of orderOf(attributes, data.dims.length).entries()) at[axis] = from[i] as number
    return { input: 0, index: ravel(data.dims, at) }
  },
})

function orderOf(attributes: readonly bigint[], rank: number): number[] {
  if (attributes.length === 0) return Array.from({ length: rank }, (_, i) => rank - 1 - i)
  const order = attributes.map(Number)
  if (order.length !== rank || new Set(order).size !== rank || order.some((axis) => axis < 0 || axis >= rank))
    throw new UnfitError(`axes [${attributes}] of rank ${rank}`)
  return order
}
