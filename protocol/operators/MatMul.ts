import { aroundDot, MAX_TERMS } from '../arithmetic/bounds.ts'
import { Dot } from '../arithmetic/dot.ts'
import { OPEN } from '../arithmetic/range.ts'
import type { Operator } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { broadcastDims, broadcastIndex, given } from './view.ts'

/**
 * MatMul of float32 matrices, with leading axes broadcast. Attributes: none.
 *
 * @see https://onnx.ai/onnx/operators/onnx__MatMul.html
 */
export const MatMul: Operator = {
  canonical: () => ({ attributes: [], inputs: [0, 1] }),
  reads: (input) => ({ axis: input === 0 ? -1 : -2, weight: 100 }),
  shape({ inputs }) {
    const a = given(inputs, 0).dims
    const b = given(inputs, 1).dims
    if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-2)) throw new UnfitError(`[${a}] times [${b}]`)
    const dims = broadcastDims(a, b, 2)
    dims[dims.length - 2] = a.at(-2) as number
    dims[dims.length - 1] = b.at(-1) as number
    return { dtype: 'float32', dims }
  },
  element({ terms, inputs, dims, index }) {
    const a = given(inputs, 0)
    const b = given(inputs, 1)
    const depth = a.dims.at(-1) as number
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || depth > MAX_TERMS) return OPEN
    const columns = dims.at(-1) as number
    const rows = dims.at(-2) as number
    const matrix = Math.floor(Math.floor(index / columns) / rows)
    const row = Math.floor(index / columns) % rows
    const left = (broadcastIndex(dims, a.dims, matrix, 2) * rows + row) * depth
    const right = broadcastIndex(dims, b.dims, matrix, 2) * depth * columns + (index % columns)
    const dot = new Dot()
    for (let k = 0; k < depth; k++) dot.add(a.float(left + k), b.float(right + k * columns))
    return aroundDot(terms, dot, depth)
  },
}
