import { exactly } from '../arithmetic/range.ts'
import { anyOrder, type Operator, type Query } from './operator.ts'
import { given } from './view.ts'

/**
 * Shape: the dimensions of a tensor, as int64. Reads none of its elements. Attributes: first axis, and the one before
 * which to end (both of operator set 15; all axes if not given).
 *
 * @see https://onnx.ai/onnx/operators/onnx__Shape.html
 */
export const Shape: Operator = {
  canonical: (node) => ({
    attributes: [node.int('start') ?? 0n, node.int('end') ?? (1n << 63n) - 1n],
    inputs: [0],
  }),
  reads: () => anyOrder,
  shape: (query) => ({ dtype: 'int64', dims: [dimsOf(query).length] }),
  element: (query) => exactly(BigInt(dimsOf(query)[query.index] ?? 0)),
}

function dimsOf({ attributes, inputs }: Pick<Query, 'attributes' | 'inputs'>): readonly number[] {
  const { dims } = given(inputs, 0)
  const [start, end] = attributes.map((axis) => clamp(axis, dims.length))
  return dims.slice(start, end)
}

function clamp(axis: bigint, rank: number): number {
  const from = axis < 0n ? axis + BigInt(rank) : axis
  return from < 0n ? 0 : from > BigInt(rank) ? rank : Number(from)
}
