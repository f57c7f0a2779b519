import { gamma, times } from '../arithmetic/bounds.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { dtypes } from '../tensor.ts'
import { reduction } from './reduction.ts'
import { sumOf } from './sum.ts'

/**
 * ReduceSum. float32: within γₙ·Σ|x|, whatever the order (Higham, Accuracy and Stability, §4.2). Whole numbers: exact,
 * wrapping around as two's complement does.
 *
 * @see https://onnx.ai/onnx/operators/onnx__ReduceSum.html
 */
export const ReduceSum = reduction('ReduceSum', (view, line, { terms }) => {
  if (view.dtype === 'float32') {
    const total = sumOf(view, line)
    return total ? around(total.sum, times(gamma(terms, line.count), total.size)) : OPEN
  }
  if (view.dtype === 'bool' || view.dtype.startsWith('float')) return OPEN
  let sum = 0n
  for (let k = 0; k < line.count; k++) sum += view.bits(line.at(k))
  return exactly(BigInt.asUintN(8 * dtypes[view.dtype].bytes, sum))
})
