import { abs } from '../arithmetic/fixed.ts'
import { around, exactly } from '../arithmetic/range.ts'
import { wrap } from '../arithmetic/wholes.ts'
import { unary } from './unary.ts'

/** Abs: the number without its sign. Exact. @see https://onnx.ai/onnx/operators/onnx__Abs.html */
export const Abs = unary(
  (x) => around(abs(x), 0n),
  undefined,
  (x, dtype) => exactly(wrap(dtype, abs(x))),
)
