import { extreme } from './extreme.ts'

/** Min: the smallest of any number of inputs. Exact. @see https://onnx.ai/onnx/operators/onnx__Min.html */
export const Min = extreme((x, y) => x < y)
