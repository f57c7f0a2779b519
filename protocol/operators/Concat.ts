import { mover } from './mover.ts'
import type { Query } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { axisOf, given, ravel, unravel } from './view.ts'

/**
 * Concat: tensors one after the other along an axis. Attributes: axis.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Concat.html
 */
export const Concat = mover({
  canonical: (node) => ({
    // 1 is what operator sets below 4 meant without the attribute.
    attributes: [node.int('axis') ?? 1n],
    inputs: Array.from({ length: node.inputs }, (_, i) => i),
  }),
  shape(query) {
    const axis = axisIn(query)
    const first = given(query.inputs, 0)
    const dims = [...first.dims]
    for (let i = 1; i < query.inputs.length; i++) {
      const next = given(query.inputs, i)
      if (next.dtype !== first.dtype || next.dims.length !== dims.length) throw new UnfitError('unlike inputs')
      for (const [j, size] of next.dims.entries())
        if (j === axis) dims[j] = (dims[j] as number) + size
        else if (dims[j] !== size) throw new UnfitError(`[${dims}] and [${next.dims}]`)
    }
    if ((dims[axis] as number) >= 2 ** 32) throw new UnfitError(`[${dims}]`)
    return { dtype: first.dtype, dims }
  },
  source(query) {
    const axis = axisIn(query)
    const at = unravel(query.dims, query.index)
    for (let input = 0; input < query.inputs.length; input++) {
      const { dims } = given(query.inputs, input)
      const size = dims[axis] as number
      const own = at[axis] as number
      if (own < size) return { input, index: ravel(dims, at) }
      at[axis] = own - size
    }
    throw new UnfitError('beyond the last input')
  },
})

function axisIn({ attributes, inputs }: Pick<Query, 'attributes' | 'inputs'>): number {
  return axisOf(attributes[0] as bigint, given(inputs, 0).dims.length)
}
