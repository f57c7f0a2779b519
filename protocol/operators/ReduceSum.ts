import { times, worstCase } from '../arithmetic/bounds.ts'
import { abs } from '../arithmetic/fixed.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { dtypes } from '../tensor.ts'
import { reduction } from './reduction.ts'
import { sumOf } from './sum.ts'
import { signedOf } from './view.ts'

/**
 * ReduceSum. float32: within γₙ·Σ|x|, whatever the order (Higham, Accuracy and Stability, §4.2), and by every rule: equal
 * numbers make equal rounding errors, which the probabilistic bound takes for independent. Whole numbers: exact,
 * where no order of summation can overflow; ONNX Runtime's CPU kernels saturate where its GPU kernels wrap around. Nor
 * beyond 2⁵³, where sums kept in float64 lose digits.
 *
 * @see https://onnx.ai/onnx/operators/onnx__ReduceSum.html
 */
export const ReduceSum = reduction('ReduceSum', (view, line) => {
  if (view.dtype === 'float32') {
    const total = sumOf(view, line)
    return total ? around(total.sum, times(worstCase(line.count), total.size)) : OPEN
  }
  if (view.dtype === 'bool' || view.dtype.startsWith('float')) return OPEN
  const width = 8 * dtypes[view.dtype].bytes
  const limit = 1n << BigInt(Math.min(width - 1, 53))
  let sum = 0n
  let size = 0n
  for (let k = 0; k < line.count; k++) {
    const x = signedOf(view.dtype, view.bits(line.at(k)))
    sum += x
    size += abs(x)
    if (size >= limit) return OPEN
  }
  return exactly(BigInt.asUintN(width, sum))
})
