import { around, exactly } from '../arithmetic/range.ts'
import { wrap } from '../arithmetic/wholes.ts'
import { unary } from './unary.ts'

/** Neg: the number with the other sign. Exact. @see https://onnx.ai/onnx/operators/onnx__Neg.html */
export const Neg = unary(
  (x) => around(-x, 0n),
  undefined,
  (x, dtype) => exactly(wrap(dtype, -x)),
)
