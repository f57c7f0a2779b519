import { U } from '../arithmetic/fixed.ts'
import { rounding, tanh } from '../arithmetic/functions.ts'
import { around } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/**
 * Tanh: hyperbolic tangent. 8u absolute and 8u of the result: rational approximations clip both ends, and
 * (e^x − e^−x)/(e^x + e^−x) with an e^x within 3 + 2·|x| ulp (Vulkan's precision of operations) is within 7u and 7u of the
 * result. An approximation in hardware of 11 bits (CUDA's `tanh.approx`) is not single precision, no more than TF32 is.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Tanh.html
 * @see https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html#spirvenv-precision-operation
 */
export const Tanh = unary((x) => {
  const result = tanh(x)
  // 2⁻⁴⁵: what the exponential may differ from the contract's.
  return around(result, 8n * U + rounding(result, 8n) + (1n << 75n))
})
