import { ONE, TINY } from '../arithmetic/fixed.ts'
import { toFixed } from '../arithmetic/float32.ts'
import { product, rounding } from '../arithmetic/functions.ts'
import { between, OPEN } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/** 0.2 */
const ALPHA = 0x3e4c_cccd
/** 0.5 */
const BETA = 0x3f00_0000

/**
 * HardSigmoid: alpha·x + beta, between zero and one. Attributes: bits of alpha, bits of beta. 4u·(|alpha·x| + |beta|)
 * before it is clipped: a product and a sum, each rounded.
 *
 * @see https://onnx.ai/onnx/operators/onnx__HardSigmoid.html
 */
export const HardSigmoid = unary(
  (_, { attributes }, bits) => {
    const scaled = product(bits, Number(attributes[0]))
    const beta = toFixed(Number(attributes[1]))
    if (!scaled || beta === undefined) return OPEN
    const center = scaled.value + beta
    const reach = rounding(scaled.value, 4n) + rounding(beta, 4n) + scaled.slack
    return between(clip(center - reach) - TINY, clip(center + reach) + TINY)
  },
  (node) => ({
    attributes: [BigInt(node.float('alpha') ?? ALPHA), BigInt(node.float('beta') ?? BETA)],
    inputs: [0],
  }),
)

function clip(x: bigint): bigint {
  return x < 0n ? 0n : x > ONE ? ONE : x
}
