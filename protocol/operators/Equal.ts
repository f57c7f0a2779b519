import { exactly, OPEN } from '../arithmetic/range.ts'
import { binary } from './binary.ts'
import type { Operator } from './operator.ts'

const equal = binary({
  of(x, y) {
    const same = x === y || (x | y) << 1 === 0
    return !same && isTiny(x) && isTiny(y) ? OPEN : exactly(same ? 1n : 0n)
  },
  ofWholes: (_, x, y) => exactly(x === y ? 1n : 0n),
  ofMixed: (left, x, right, y) => (left === 'bool' && right === 'bool' ? exactly(x === y ? 1n : 0n) : OPEN),
})

/**
 * Equal: whether two elements are the same number. Open for two different numbers that hardware may both take for zero,
 * because they are subnormal.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Equal.html
 */
export const Equal: Operator = {
  ...equal,
  shape: (query) => ({ ...equal.shape(query), dtype: 'bool' }),
}

function isTiny(bits: number): boolean {
  return ((bits >>> 23) & 0xff) === 0
}
