import { OPEN, type Range } from '../arithmetic/range.ts'
import { Line } from './lines.ts'
import { listOf } from './lists.ts'
import { anyOrder, type Operator, type Query } from './operator.ts'
import { axisOf, given, type View } from './view.ts'

/** About how many elements a reduction reads along its axis: fewer than a matrix product, many more than a mover. */
export const REDUCTION_WEIGHT = 50

/**
 * An operator that makes one element of all that lie along some axes. Attributes: keepdims, noop_with_empty_axes, then
 * the axes; none means all of them, or with noop_with_empty_axes none at all.
 *
 * @param type its ONNX name
 * @param of what honest hardware can make of the elements of one line, of which there is at least one
 */
export function reduction(type: string, of: (view: View, line: Line, query: Query) => Range): Operator {
  return {
    canonical(node) {
      const axes = listOf(node, type, 'axes', 1) ?? []
      const noop = axes.length === 0 ? (node.int('noop_with_empty_axes') ?? 0n) : 0n
      return { attributes: [node.int('keepdims') ?? 1n, noop, ...axes], inputs: [0] }
    },
    reads: (_, attributes) =>
      attributes.length === 3 ? { axis: Number(attributes[2]), weight: REDUCTION_WEIGHT } : anyOrder,
    shape({ attributes, inputs }) {
      const { dtype, dims } = given(inputs, 0)
      const along = axesIn(attributes, dims.length)
      if (attributes[0] === 0n) return { dtype, dims: dims.filter((_, axis) => !along[axis]) }
      return { dtype, dims: dims.map((size, axis) => (along[axis] ? 1 : size)) }
    },
    element(query) {
      const view = given(query.inputs, 0)
      const along = axesIn(query.attributes, view.dims.length)
      const line = new Line(view.dims, along, query.index, { reduced: true })
      return line.count === 0 ? OPEN : of(view, line, query)
    },
  }
}

function axesIn(attributes: readonly bigint[], rank: number): boolean[] {
  const along = new Array<boolean>(rank).fill(attributes.length === 2 && attributes[1] === 0n)
  for (const axis of attributes.slice(2)) along[axisOf(axis, rank)] = true
  return along
}
