import { exactly } from '../arithmetic/range.ts'
import { firstAxes, listOf } from './lists.ts'
import { anyOrder, type Canonical, NotProvableError, type OnnxOperator, type Operator, type Query } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { axisOf, given, ravel, unravel, View } from './view.ts'

/** What lies outside, as the attribute has it. `wrap` is not provable: no model here has it. */
const modes = ['constant', 'reflect', 'edge']

/**
 * Pad: more elements, or with negative pads fewer, at both ends of some axes. Attributes: mode (0 constant, 1 reflect,
 * 2 edge), bits of the constant, number of these axes, then elements added before each, after each, and the axes.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Pad.html
 */
export const Pad: Operator = {
  canonical,
  reads: () => anyOrder,
  shape(query) {
    const { dtype, dims } = given(query.inputs, 0)
    const padded = dims.map(BigInt)
    for (const [axis, { before, after }] of padsOf(query)) padded[axis] = (padded[axis] as bigint) + before + after
    if (padded.some((size) => size < 0n || size >= 1n << 32n)) throw new UnfitError(`[${padded}]`)
    return { dtype, dims: padded.map(Number) }
  },
  element(query) {
    const data = given(query.inputs, 0)
    const at = unravel(query.dims, query.index)
    for (const [axis, { before }] of padsOf(query)) {
      const size = data.dims[axis] as number
      const own = at[axis] as number
      const from = own - Number(before)
      if (from >= 0 && from < size) at[axis] = from
      else if (query.attributes[0] === 0n) return exactly(query.attributes[1] as bigint)
      else if (query.attributes[0] === 1n) at[axis] = from < 0 ? -from : 2 * (size - 1) - from
      else at[axis] = from < 0 ? 0 : size - 1
      const to = at[axis] as number
      if (to < 0 || to >= size) throw new UnfitError(`${from} reflected beyond ${size}`)
    }
    return exactly(data.bits(ravel(data.dims, at)))
  },
}

function canonical(node: OnnxOperator): Canonical {
  const mode = modes.indexOf(node.text('mode') ?? 'constant')
  if (mode < 0) throw new NotProvableError(`Pad in mode ${node.text('mode')}`)
  const pads = listOf(node, 'Pad', 'pads', 1)
  if (!pads) throw new NotProvableError('Pad without pads')
  const count = pads.length / 2
  const axes = listOf(node, 'Pad', 'axes', 3) ?? firstAxes(count)
  if (axes.length !== count) throw new NotProvableError('Pad whose pads and axes differ in number')
  // Runtimes cut first and reflect what is left, which this does not follow.
  if (mode > 0 && pads.some((pad) => pad < 0n)) throw new NotProvableError('Pad with negative pads and no constant')
  return { attributes: [BigInt(mode), constantOf(node), BigInt(count), ...pads, ...axes], inputs: [0] }
}

function constantOf(node: OnnxOperator): bigint {
  if (!node.has(2)) return BigInt(node.float('value') ?? 0)
  const constant = node.constant(2)
  if (!constant || constant.data.length === 0)
    throw new NotProvableError('Pad whose input constant_value is not constant')
  return new View(constant).bits(0)
}

function padsOf({ attributes, inputs }: Pick<Query, 'attributes' | 'inputs'>) {
  const rank = given(inputs, 0).dims.length
  const count = Number(attributes[2])
  const pads = new Map<number, { before: bigint; after: bigint }>()
  for (let i = 3; i < 3 + count; i++)
    pads.set(axisOf(attributes[i + 2 * count] as bigint, rank), {
      before: attributes[i] as bigint,
      after: attributes[i + count] as bigint,
    })
  if (pads.size !== count) throw new UnfitError('an axis padded twice')
  return pads
}
