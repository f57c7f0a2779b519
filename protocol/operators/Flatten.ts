import { elementCount } from '../tensor.ts'
import { mover } from './mover.ts'
import { UnfitError } from './unfit.ts'
import { given } from './view.ts'

/**
 * Flatten: the same elements as a matrix, the axes before `axis` together and those from it on. Attributes: axis.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Flatten.html
 */
export const Flatten = mover({
  canonical: (node) => ({ attributes: [node.int('axis') ?? 1n], inputs: [0] }),
  shape({ attributes, inputs }) {
    const { dtype, dims } = given(inputs, 0)
    const axis = attributes[0] as bigint
    // The rank itself is allowed here: everything before, nothing from it on.
    const from = axis < 0n ? axis + BigInt(dims.length) : axis
    if (from < 0n || from > BigInt(dims.length)) throw new UnfitError(`axis ${axis} of [${dims}]`)
    const sides = [elementCount(dims.slice(0, Number(from))), elementCount(dims.slice(Number(from)))]
    if (sides.some((size) => size >= 2 ** 32)) throw new UnfitError(`[${sides}]`)
    return { dtype, dims: sides }
  },
  source: ({ index }) => ({ input: 0, index }),
})
