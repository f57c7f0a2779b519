import { product, rounding } from '../arithmetic/functions.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

const ONE = 0x3f80_0000
/** 0.01 */
const ALPHA = 0x3c23_d70a

/**
 * LeakyRelu: x where it is not negative, alpha times x where it is. Attributes: bits of alpha. 2u of the result, as Mul.
 *
 * @see https://onnx.ai/onnx/operators/onnx__LeakyRelu.html
 */
export const LeakyRelu = unary(
  (_, { attributes }, bits) => {
    const result = product(bits, bits >>> 31 === 1 ? Number(attributes[0]) : ONE)
    return result ? around(result.value, rounding(result.value, 2n) + result.slack) : OPEN
  },
  (node) => ({ attributes: [BigInt(node.float('alpha') ?? ALPHA)], inputs: [0] }),
)
