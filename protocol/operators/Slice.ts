import { firstAxes, listOf } from './lists.ts'
import { mover } from './mover.ts'
import { NotProvableError, type Query } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { axisOf, given, ravel, unravel } from './view.ts'

/**
 * Slice: every step-th element from a start to before an end, along some axes. Attributes: number of these axes, then
 * all starts, ends, axes and steps.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Slice.html
 */
export const Slice = mover({
  canonical(node) {
    const starts = listOf(node, 'Slice', 'starts', 1)
    const ends = listOf(node, 'Slice', 'ends', 2)
    if (!starts || !ends) throw new NotProvableError('Slice without starts and ends')
    const axes = listOf(node, 'Slice', 'axes', 3) ?? firstAxes(starts.length)
    const steps = listOf(node, 'Slice', 'steps', 4) ?? starts.map(() => 1n)
    if ([ends, axes, steps].some((list) => list.length !== starts.length))
      throw new NotProvableError('Slice whose starts, ends, axes and steps differ in number')
    // The rules would have it empty; ONNX Runtime takes it for the very end.
    if (ends.some((end, i) => largest.includes(end) && (steps[i] as bigint) < 0n))
      throw new NotProvableError('Slice backwards to the largest whole number')
    return { attributes: [BigInt(starts.length), ...starts, ...ends, ...axes, ...steps], inputs: [0] }
  },
  shape(query) {
    const { dtype, dims } = given(query.inputs, 0)
    const cuts = cutsOf(query)
    return { dtype, dims: dims.map((size, axis) => cuts.get(axis)?.size ?? size) }
  },
  source(query) {
    const { dims } = given(query.inputs, 0)
    const at = unravel(query.dims, query.index)
    for (const [axis, { start, step }] of cutsOf(query)) at[axis] = start + (at[axis] as number) * step
    return { input: 0, index: ravel(dims, at) }
  },
})

/** Of int32 and int64: how one says "to the end". */
const largest: readonly bigint[] = [(1n << 31n) - 1n, (1n << 63n) - 1n]

/** Start, step and number of the elements kept, by axis. */
function cutsOf({ attributes, inputs }: Pick<Query, 'attributes' | 'inputs'>) {
  const { dims } = given(inputs, 0)
  const count = Number(attributes[0])
  const cuts = new Map<number, { start: number; step: number; size: number }>()
  for (let i = 1; i <= count; i++) {
    const axis = axisOf(attributes[i + 2 * count] as bigint, dims.length)
    const step = attributes[i + 3 * count] as bigint
    if (step === 0n || cuts.has(axis)) throw new UnfitError(`a step of ${step} on axis ${axis}`)
    const size = BigInt(dims[axis] as number)
    // Backwards, the first element is the last one to end before: hence one less at both ends.
    const back = step < 0n ? 1n : 0n
    const start = clamp(attributes[i] as bigint, size, 0n, size - back)
    const end = clamp(attributes[i + count] as bigint, size, -back, size - back)
    const way = step < 0n ? start - end : end - start
    const length = step < 0n ? -step : step
    const kept = size === 0n || way <= 0n ? 0n : (way + length - 1n) / length
    cuts.set(axis, { start: Number(start), step: kept > 1n ? Number(step) : 0, size: Number(kept) })
  }
  return cuts
}

function clamp(value: bigint, size: bigint, low: bigint, high: bigint): bigint {
  const from = value < 0n ? value + size : value
  return from < low ? low : from > high ? high : from
}
