import { listOf } from './lists.ts'
import { mover } from './mover.ts'
import type { Query } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { axisOf, given, ravel, unravel } from './view.ts'

/**
 * Split: a tensor cut along an axis. Attributes: axis, number of outputs, then the size of each, or none for parts of
 * the same size of which only the last may be smaller.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Split.html
 */
export const Split = mover({
  canonical: (node) => ({
    attributes: [node.int('axis') ?? 0n, BigInt(node.outputs), ...(listOf(node, 'Split', 'split', 1) ?? [])],
    inputs: [0],
  }),
  shape(query) {
    const { dtype, dims } = given(query.inputs, 0)
    const { axis, size } = partOf(query)
    return { dtype, dims: dims.map((own, i) => (i === axis ? size : own)) }
  },
  source(query) {
    const { dims } = given(query.inputs, 0)
    const { axis, offset } = partOf(query)
    const at = unravel(query.dims, query.index)
    at[axis] = (at[axis] as number) + offset
    return { input: 0, index: ravel(dims, at) }
  },
})

function partOf({ attributes, inputs, output }: Pick<Query, 'attributes' | 'inputs' | 'output'>) {
  const { dims } = given(inputs, 0)
  const axis = axisOf(attributes[0] as bigint, dims.length)
  const whole = dims[axis] as number
  const count = Number(attributes[1])
  const sizes = attributes.slice(2).map(Number)
  if (output >= count || (sizes.length > 0 && sizes.length !== count))
    throw new UnfitError(`part ${output} of ${count}`)
  if (sizes.length === 0) {
    const each = Math.ceil(whole / count)
    const last = whole - each * (count - 1)
    if (last < 0) throw new UnfitError(`${whole} in ${count} parts`)
    return { axis, offset: each * output, size: output === count - 1 ? last : each }
  }
  let total = 0
  let offset = 0
  for (const [i, size] of sizes.entries()) {
    if (size < 0) throw new UnfitError(`a part of ${size}`)
    if (i < output) offset += size
    total += size
  }
  if (total !== whole) throw new UnfitError(`parts of ${total} in all, of ${whole}`)
  return { axis, offset, size: sizes[output] as number }
}
