import { TINY } from '../arithmetic/fixed.ts'
import { rounding, sqrt } from '../arithmetic/functions.ts'
import { around, between, OPEN } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/**
 * Sqrt: square root of a number that is not negative. 10u of the result: GPUs may divide one by an inverse root within
 * 2 ulp, the division within 2.5 ulp (Vulkan's precision of operations), which is 9u. A subnormal number may be taken
 * for zero.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Sqrt.html
 * @see https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html#spirvenv-precision-operation
 */
export const Sqrt = unary((_, __, bits) => {
  if (bits << 1 === 0) return around(0n, 0n)
  if (bits >>> 31 === 1) return OPEN
  // From zero to the root of the smallest normal number, 2⁻⁶³, and 2⁻⁸⁰ more.
  if (bits < 0x80_0000) return between(-TINY, (1n << 57n) + (1n << 40n))
  const result = sqrt(bits)
  return around(result, rounding(result, 10n))
})
