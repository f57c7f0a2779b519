import { product, rounding } from '../arithmetic/functions.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { binary } from './binary.ts'
import { NotProvableError, type Operator } from './operator.ts'

const ONE = 0x3f80_0000

/**
 * PRelu: x where it is not negative, x times the slope where it is. 2u of the result, as Mul.
 *
 * @see https://onnx.ai/onnx/operators/onnx__PRelu.html
 */
export const PRelu: Operator = {
  ...binary({
    of(x, slope) {
      const result = product(x, x >>> 31 === 1 ? slope : ONE)
      return result ? around(result.value, rounding(result.value, 2n) + result.slack) : OPEN
    },
  }),
  canonical(node) {
    // A slope a channel, with no axes to broadcast it along.
    if (node.opset < 7) throw new NotProvableError('PRelu as before operator set 7')
    return { attributes: [], inputs: [0, 1] }
  },
}
