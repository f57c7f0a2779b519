import { U } from '../arithmetic/fixed.ts'
import { ln, rounding } from '../arithmetic/functions.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/**
 * Log: natural logarithm of a positive number. u·(8 + 8·|ln x|) absolute: GPUs are within 2⁻²¹ between 1/2 and 2, and
 * within 3 ulp elsewhere (Vulkan's precision of operations). Open for zero, subnormal and negative numbers.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Log.html
 * @see https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html#spirvenv-precision-operation
 */
export const Log = unary((_, __, bits) => {
  if (bits >>> 31 === 1 || bits < 0x80_0000) return OPEN
  const result = ln(bits)
  // 2⁻⁴⁵: what the logarithm may differ from the contract's.
  return around(result, 8n * U + rounding(result, 8n) + (1n << 75n))
})
