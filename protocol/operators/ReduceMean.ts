import { times, worstCase } from '../arithmetic/bounds.ts'
import { U } from '../arithmetic/fixed.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { reduction } from './reduction.ts'
import { sumOf } from './sum.ts'

/**
 * ReduceMean of float32, within (γₙ₊₁ + 4u)·Σ|x|/n: a sum in any order (Higham, Accuracy and Stability, §4.2), scaled
 * before or after by a division or by a rounded 1/n, either of which may be a GPU's approximate one. By every rule: equal
 * numbers make equal rounding errors, which the probabilistic bound takes for independent. How whole numbers are rounded
 * is not said.
 *
 * @see https://onnx.ai/onnx/operators/onnx__ReduceMean.html
 */
export const ReduceMean = reduction('ReduceMean', (view, line) => {
  const total = view.dtype === 'float32' ? sumOf(view, line) : undefined
  if (!total) return OPEN
  const n = BigInt(line.count)
  return around(total.sum / n, times(worstCase(line.count + 1) + 4n * U, total.size / n + 1n))
})
