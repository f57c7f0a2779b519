import { product, rounding } from '../arithmetic/functions.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { wrap } from '../arithmetic/wholes.ts'
import { binary } from './binary.ts'

/**
 * Mul: the product of two numbers. Correctly rounded everywhere: u of the result; twice that, for hardware that
 * truncates.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Mul.html
 */
export const Mul = binary({
  of(x, y) {
    const result = product(x, y)
    return result ? around(result.value, rounding(result.value, 2n) + result.slack) : OPEN
  },
  ofWholes: (dtype, x, y) => exactly(wrap(dtype, x * y)),
})
