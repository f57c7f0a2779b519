import { times } from '../arithmetic/bounds.ts'
import { abs, exp, mul, ONE, U } from '../arithmetic/fixed.ts'
import { toFixed } from '../arithmetic/float32.ts'
import { ln } from '../arithmetic/functions.ts'
import { around, OPEN, type Range } from '../arithmetic/range.ts'
import { isWhole } from '../arithmetic/wholes.ts'
import { binary, fixed } from './binary.ts'
import { signedOf } from './view.ts'

/**
 * Pow: a float32 to the power of a float32 or of a whole number. Relative error u·(8 + 8·|y| + 16·|y·ln x|).
 *
 * The power may be a product of its base, correctly rounded, or 2 to the power y·log2(x): GPUs have log2 within 2⁻²¹
 * absolute between 1/2 and 2 and within 3 ulp elsewhere, and exp2 within 3 + 2·|x| ulp. Left open: a base of zero to a
 * power that is not positive, a negative base to a power that is not whole, subnormal bases, and powers beyond 2¹⁶,
 * where the error is not small.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Pow.html
 * @see https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html#spirvenv-precision-operation
 */
export const Pow = binary({
  of: (x, y) => power(x, fixed(y)),
  ofMixed(left, x, right, y) {
    if (left !== 'float32' || !isWhole(right) || toFixed(Number(x)) === undefined) return OPEN
    const whole = signedOf(right, y)
    return abs(whole) > 65536n ? OPEN : power(Number(x), whole * ONE)
  },
})

function power(x: number, y: bigint): Range {
  const steep = abs(y)
  if (steep > 65536n * ONE) return OPEN
  if (((x >>> 23) & 0xff) === 0) return x << 1 === 0 && y > 0n ? around(0n, 0n) : OPEN
  const negative = x >>> 31 === 1
  if (negative && steep % ONE !== 0n) return OPEN
  const exponent = mul(ln(x), y)
  // 2¹²⁵: beyond, one divided by a product of the base may divide by a flushed zero.
  if (exponent > 87n * ONE) return OPEN
  if (exponent < -88n * ONE) return around(0n, 0n)
  const size = exp(exponent)
  // The logarithm's own error is multiplied by the power.
  const factor = 8n * U + (steep >> 21n) + (abs(exponent) >> 20n) + ((ONE + steep) >> 45n)
  const odd = (steep >> 120n) % 2n === 1n
  return around(negative && odd ? -size : size, times(factor, size))
}
