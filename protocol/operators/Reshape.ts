import { elementCount } from '../tensor.ts'
import { constantList } from './lists.ts'
import { mover } from './mover.ts'
import { UnfitError } from './unfit.ts'
import { given } from './view.ts'

/**
 * Reshape: the same elements in row-major order under other dimensions. Attributes: allowzero, then the dimensions as
 * the file has them, where they are constant. Inputs: data, and the dimensions (int64) where the model computes them.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Reshape.html
 */
export const Reshape = mover({
  canonical(node) {
    const allowzero = node.int('allowzero') ?? 0n
    // Operator sets below 5 have the dimensions as an attribute.
    const wanted = node.ints('shape') ?? constantList(node, 1)
    return wanted ? { attributes: [allowzero, ...wanted], inputs: [0] } : { attributes: [allowzero], inputs: [0, 1] }
  },
  shape({ attributes, inputs }) {
    const data = given(inputs, 0)
    const computed = inputs.length > 1 ? given(inputs, 1) : undefined
    const rank = computed ? elementCount(computed.dims) : attributes.length - 1
    const dims = new Array<number>(rank).fill(0)
    let left = elementCount(data.dims)
    let unknown = rank
    for (let i = 0; i < rank; i++) {
      const size = computed ? computed.whole(i) : (attributes[i + 1] as bigint)
      if (size === -1n && unknown === rank) unknown = i
      else if (size === 0n && attributes[0] === 0n) dims[i] = data.dims[i] ?? unfit('a zero beyond the rank')
      else if (size < 0n || size > 0xffff_ffffn) unfit(`dimension ${size}`)
      else dims[i] = Number(size)
      if (i !== unknown && dims[i] !== 0) left = Math.floor(left / (dims[i] as number))
    }
    if (unknown < rank) dims[unknown] = left
    if (left >= 2 ** 32 && unknown < rank) unfit(`dimension ${left}`)
    if (elementCount(dims) !== elementCount(data.dims)) unfit(`[${data.dims}] as [${dims}]`)
    return { dtype: data.dtype, dims }
  },
  source: ({ index }) => ({ input: 0, index }),
})

function unfit(message: string): never {
  throw new UnfitError(message)
}
