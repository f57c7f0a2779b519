import { U } from '../arithmetic/fixed.ts'
import { erf } from '../arithmetic/functions.ts'
import { around } from '../arithmetic/range.ts'
import { unary } from './unary.ts'

/**
 * Erf: the error function. 16u absolute: approximations of it are absolute (Abramowitz and Stegun 7.1.26, in use on
 * GPUs, is within 3u before any rounding).
 *
 * @see https://onnx.ai/onnx/operators/onnx__Erf.html
 */
export const Erf = unary((x) => around(erf(x), 16n * U))
