import { U } from '../arithmetic/fixed.ts'
import { rounding, sigmoid } from '../arithmetic/functions.ts'
import { around } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/**
 * Sigmoid: 1/(1 + e^−x). 8u absolute and 8u of the result: rational approximations clip both ends (ONNX Runtime's: at
 * most 3u seen), and an e^x within 3 + 2·|x| ulp (Vulkan's precision of operations) moves the result by less than 2u.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Sigmoid.html
 * @see https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html#spirvenv-precision-operation
 */
export const Sigmoid = unary((x) => {
  const result = sigmoid(x)
  // 2⁻⁴⁵: what the exponential may differ from the contract's.
  return around(result, 8n * U + rounding(result, 8n) + (1n << 75n))
})
