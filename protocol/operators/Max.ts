import { extreme } from './extreme.ts'

/** Max: the largest of any number of inputs. Exact. @see https://onnx.ai/onnx/operators/onnx__Max.html */
export const Max = extreme((x, y) => x > y)
