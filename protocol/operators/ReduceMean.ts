import { gamma, times } from '../arithmetic/bounds.ts'
import { U } from '../arithmetic/fixed.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { reduction } from './reduction.ts'
import { sumOf } from './sum.ts'

/**
 * ReduceMean of float32, within (γₙ₊₁ + 4u)·Σ|x|/n: a sum in any order (Higham, Accuracy and Stability, §4.2), scaled
 * before or after by a division or by a rounded 1/n, either of which may be a GPU's approximate one. How whole numbers
 * are rounded is not said.
 *
 * @see https://onnx.ai/onnx/operators/onnx__ReduceMean.html
 */
export const ReduceMean = reduction('ReduceMean', (view, line, { terms }) => {
  const total = view.dtype === 'float32' ? sumOf(view, line) : undefined
  if (!total) return OPEN
  const n = BigInt(line.count)
  return around(total.sum / n, times(gamma(terms, line.count + 1) + 4n * U, total.size / n + 1n))
})
