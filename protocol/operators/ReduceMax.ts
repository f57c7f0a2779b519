import { abs } from '../arithmetic/fixed.ts'
import { toFixed } from '../arithmetic/float32.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { dtypes } from '../tensor.ts'
import { reduction } from './reduction.ts'
import { signedOf } from './view.ts'

/** Where comparing int64 by halves, as SSE2 has to, can begin to go wrong. */
const SAFE = 1n << 31n

/**
 * ReduceMax. Exact. Whole numbers beyond int32 are left open: builds of ONNX Runtime whose Eigen compares int64 wrongly
 * are honest nodes too (https://gitlab.com/libeigen/eigen/-/merge_requests/2831).
 *
 * @see https://onnx.ai/onnx/operators/onnx__ReduceMax.html
 */
export const ReduceMax = reduction('ReduceMax', (view, line) => {
  const single = view.dtype === 'float32'
  if (!single && view.dtype.startsWith('float')) return OPEN
  let largest: bigint | undefined
  for (let k = 0; k < line.count; k++) {
    const bits = view.bits(line.at(k))
    const x = single ? toFixed(Number(bits)) : signedOf(view.dtype, bits)
    if (x === undefined || (!single && abs(x) >= SAFE)) return OPEN
    if (largest === undefined || x > largest) largest = x
  }
  if (largest === undefined) return OPEN
  return single ? around(largest, 0n) : exactly(BigInt.asUintN(8 * dtypes[view.dtype].bytes, largest))
})
