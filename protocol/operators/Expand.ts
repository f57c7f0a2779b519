import { elementCount } from '../tensor.ts'
import { constantList } from './lists.ts'
import { mover } from './mover.ts'
import { UnfitError } from './unfit.ts'
import { broadcastDims, broadcastIndex, given } from './view.ts'

/**
 * Expand: broadcast to at least the given dimensions. Attributes: these, where they are constant. Inputs: data, and the
 * dimensions (int64) where the model computes them.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Expand.html
 */
export const Expand = mover({
  canonical(node) {
    const wanted = constantList(node, 1)
    return wanted ? { attributes: wanted, inputs: [0] } : { attributes: [], inputs: [0, 1] }
  },
  shape({ attributes, inputs }) {
    const { dtype, dims } = given(inputs, 0)
    let wanted = attributes
    if (inputs.length > 1) {
      const computed = given(inputs, 1)
      wanted = Array.from({ length: elementCount(computed.dims) }, (_, i) => computed.whole(i))
    }
    if (wanted.some((size) => size < 0n || size >= 1n << 32n)) throw new UnfitError(`dimensions [${wanted}]`)
    return { dtype, dims: broadcastDims(dims, wanted.map(Number)) }
  },
  source: ({ inputs, dims, index }) => ({ input: 0, index: broadcastIndex(dims, given(inputs, 0).dims, index) }),
})
