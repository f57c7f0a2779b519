import { abs, mul, ONE, TINY } from '../arithmetic/fixed.ts'
import { rounding } from '../arithmetic/functions.ts'
import { between, OPEN } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/**
 * HardSwish: x times x/6 + 1/2, the latter between zero and one.
 *
 * 4u·(|x/6| + 1/2) before it is clipped, as HardSigmoid, times |x|, and 8u of the result: it is also computed as
 * x·min(max(x + 3, 0), 6)/6, whose division GPUs do within 2.5 ulp. Open from 2¹²⁴ on, where x·6 may overflow.
 *
 * @see https://onnx.ai/onnx/operators/onnx__HardSwish.html
 */
export const HardSwish = unary((x) => {
  if (abs(x) >= 1n << 244n) return OPEN
  const center = x / 6n + ONE / 2n
  const reach = rounding(x / 6n, 4n) + rounding(ONE / 2n, 4n)
  const ends = [mul(x, clip(center - reach)), mul(x, clip(center + reach))] as const
  const [low, high] = x < 0n ? [ends[1], ends[0]] : ends
  return between(low - rounding(low, 8n) - TINY, high + rounding(high, 8n) + TINY)
})

function clip(x: bigint): bigint {
  return x < 0n ? 0n : x > ONE ? ONE : x
}
