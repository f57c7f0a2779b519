import { quotient, rounding } from '../arithmetic/functions.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { wrap } from '../arithmetic/wholes.ts'
import { binary } from './binary.ts'
import { signedOf } from './view.ts'

/**
 * Div: the quotient of two numbers; whole ones truncate toward zero. 6u of the result: GPUs multiply by an approximate
 * reciprocal, and Vulkan allows 2.5 ulp, which is 5u.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Div.html
 * @see https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html#spirvenv-precision-operation
 */
export const Div = binary({
  of(x, y) {
    const result = quotient(x, y)
    return result ? around(result.value, rounding(result.value, 6n) + result.slack) : OPEN
  },
  ofWholes(dtype, x, y) {
    if (y === 0n) return OPEN
    // The smallest number divided by -1 traps on some processors and wraps around on others.
    if (y === -1n && signedOf(dtype, wrap(dtype, -x)) !== -x) return OPEN
    return exactly(wrap(dtype, x / y))
  },
})
