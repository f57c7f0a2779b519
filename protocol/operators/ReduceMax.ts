import { toFixed } from '../arithmetic/float32.ts'
import { around, exactly, OPEN } from '../arithmetic/range.ts'
import { dtypes } from '../tensor.ts'
import { reduction } from './reduction.ts'
import { signedOf } from './view.ts'

/** ReduceMax. Exact. @see https://onnx.ai/onnx/operators/onnx__ReduceMax.html */
export const ReduceMax = reduction('ReduceMax', (view, line) => {
  const single = view.dtype === 'float32'
  if (!single && view.dtype.startsWith('float')) return OPEN
  let largest: bigint | undefined
  for (let k = 0; k < line.count; k++) {
    const bits = view.bits(line.at(k))
    const x = single ? toFixed(Number(bits)) : signedOf(view.dtype, bits)
    if (x === undefined) return OPEN
    if (largest === undefined || x > largest) largest = x
  }
  if (largest === undefined) return OPEN
  return single ? around(largest, 0n) : exactly(BigInt.asUintN(8 * dtypes[view.dtype].bytes, largest))
})
