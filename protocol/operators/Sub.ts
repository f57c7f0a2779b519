import { rounding } from '../arithmetic/functions.ts'
import { around, exactly } from '../arithmetic/range.ts'
import { wrap } from '../arithmetic/wholes.ts'
import { binary, fixed } from './binary.ts'

/**
 * Sub: the difference of two numbers. Correctly rounded everywhere: u of the result; twice that, for hardware that
 * truncates.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Sub.html
 */
export const Sub = binary({
  of(x, y) {
    const result = fixed(x) - fixed(y)
    return around(result, rounding(result, 2n))
  },
  ofWholes: (dtype, x, y) => exactly(wrap(dtype, x - y)),
})
