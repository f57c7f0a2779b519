import { around } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/** Relu: the larger of x and zero. Exact. @see https://onnx.ai/onnx/operators/onnx__Relu.html */
export const Relu = unary((x) => around(x > 0n ? x : 0n, 0n))
