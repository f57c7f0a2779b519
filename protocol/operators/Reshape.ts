import { exactly } from '../arithmetic/range.ts'
import { elementCount } from '../tensor.ts'
import { anyOrder, type Operator } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { given } from './view.ts'

/**
 * Reshape: the same elements in row-major order under other dimensions. Attributes: allowzero.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Reshape.html
 */
export const Reshape: Operator = {
  canonical: (node) => ({ attributes: [node.int('allowzero') ?? 0n], inputs: [0, 1] }),
  reads: () => anyOrder,
  shape({ attributes, inputs }) {
    const data = given(inputs, 0)
    const wanted = given(inputs, 1)
    const rank = elementCount(wanted.dims)
    const dims = new Array<number>(rank).fill(0)
    let left = elementCount(data.dims)
    let unknown = rank
    for (let i = 0; i < rank; i++) {
      const size = wanted.whole(i)
      if (size === -1n && unknown === rank) unknown = i
      else if (size === 0n && attributes[0] === 0n) dims[i] = data.dims[i] ?? unfit('a zero beyond the rank')
      else if (size < 0n || size > 0xffff_ffffn) unfit(`dimension ${size}`)
      else dims[i] = Number(size)
      if (i !== unknown && dims[i] !== 0) left = Math.floor(left / (dims[i] as number))
    }
    if (unknown < rank) dims[unknown] = left
    if (elementCount(dims) !== elementCount(data.dims)) unfit(`[${data.dims}] as [${dims}]`)
    return { dtype: data.dtype, dims }
  },
  element: ({ inputs, index }) => exactly(given(inputs, 0).bits(index)),
}

function unfit(message: string): never {
  throw new UnfitError(message)
}
