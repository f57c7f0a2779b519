import { abs, mul, ONE } from '../arithmetic/fixed.ts'
import { erf, rounding, SQRT_HALF, SQRT_TWO_OVER_PI, tanh } from '../arithmetic/functions.ts'
import { around } from '../arithmetic/range.ts'
import { NotProvableError } from './operator.ts'
import { unary } from './unary.ts'

/** 0.044715 */
const CUBIC = 59436429831522513256893732700435607n

/**
 * Gelu: x times the normal distribution function, or its approximation by tanh. Attributes: 1 for the approximation,
 * else 0. 16u·|x|: half of what Erf or Tanh may be off, and the rounding of what goes into it (7u of the argument, which
 * moves tanh by less than 4u).
 *
 * @see https://onnx.ai/onnx/operators/onnx__Gelu.html
 */
export const Gelu = unary(
  (x, { attributes }) => {
    const odd = attributes[0] === 1n ? tanhPart(x) : erf(mul(x, SQRT_HALF))
    const result = mul(x, ONE + odd) / 2n
    // 2⁻⁴⁵: what the exponential in tanh may differ from the contract's.
    return around(result, rounding(x, 16n) + (abs(x) >> 45n))
  },
  (node) => {
    const approximate = node.text('approximate') ?? 'none'
    if (approximate !== 'none' && approximate !== 'tanh')
      throw new NotProvableError(`Gelu approximated by ${approximate}`)
    return { attributes: [approximate === 'tanh' ? 1n : 0n], inputs: [0] }
  },
)

function tanhPart(x: bigint): bigint {
  // Beyond, the tangent is one to 69 bits.
  if (abs(x) >= 8n * ONE) return x < 0n ? -ONE : ONE
  const cube = mul(x, mul(x, x))
  return tanh(mul(SQRT_TWO_OVER_PI, x + mul(CUBIC, cube)))
}
