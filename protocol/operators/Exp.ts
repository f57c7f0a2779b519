import { times } from '../arithmetic/bounds.ts'
import { abs, exp, ONE, U } from '../arithmetic/fixed.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/**
 * Exp: e to the power of x. Relative error u·(8 + 4·|x|): GPUs compute 2 to the power x·log2(e), within 3 + 2·|x| ulp
 * (Vulkan's precision of operations). Open above 88, where the result may overflow.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Exp.html
 * @see https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html#spirvenv-precision-operation
 */
export const Exp = unary((x) => {
  if (x > 88n * ONE) return OPEN
  if (x < -88n * ONE) return around(0n, 0n)
  const result = exp(x)
  return around(result, times(8n * U + (abs(x) >> 22n), result) + (result >> 45n))
})
