import { exactly, OPEN } from '../arithmetic/range.ts'
import { anyOrder, type Operator } from './operator.ts'
import { given } from './view.ts'

/** Not: true where an element is false. Attributes: none. @see https://onnx.ai/onnx/operators/onnx__Not.html */
export const Not: Operator = {
  canonical: () => ({ attributes: [], inputs: [0] }),
  reads: () => anyOrder,
  shape: ({ inputs }) => given(inputs, 0),
  element({ inputs, index }) {
    const view = given(inputs, 0)
    const bits = view.bits(index)
    return view.dtype === 'bool' && bits < 2n ? exactly(1n - bits) : OPEN
  },
}
