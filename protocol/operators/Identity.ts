import { mover } from './mover.ts'
import { given } from './view.ts'

/** Identity: every element where it was. Attributes: none. @see https://onnx.ai/onnx/operators/onnx__Identity.html */
export const Identity = mover({
  canonical: () => ({ attributes: [], inputs: [0] }),
  shape: ({ inputs }) => given(inputs, 0),
  source: ({ index }) => ({ input: 0, index }),
})
