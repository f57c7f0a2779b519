import { aroundMean } from '../arithmetic/bounds.ts'
import { Dot, FLOAT_ONE } from '../arithmetic/dot.ts'
import { OPEN } from '../arithmetic/range.ts'
import { elementCount } from '../tensor.ts'
import { NotProvableError, type Operator, type Query } from './operator.ts'
import { given, unravel } from './view.ts'
import { type Axis, axes, dimsOf, eachRead, slice, windowAttributes } from './windows.ts'

/**
 * AveragePool of float32 tensors: the mean of each window. Attributes: padding mode, ceil_mode, count_include_pad, then
 * kernel, strides, dilations, pads.
 *
 * Bound: the worst-case γ of the window's inputs and three more for the division (see `aroundMean`). A running sum that slides along
 * with the window adds numbers that the mean does not have, and a node must not use one. Runtimes disagree on how many
 * taps to count where `ceil_mode` lets a window end beyond the padding and the padding counts: left open.
 *
 * @see https://onnx.ai/onnx/operators/onnx__AveragePool.html
 */
export const AveragePool: Operator = {
  canonical(node) {
    const { mode, strides, dilations, pads } = windowAttributes(node)
    const kernel = node.ints('kernel_shape')
    if (!kernel) throw new NotProvableError('an AveragePool without kernel_shape')
    const flags = ['ceil_mode', 'count_include_pad'].map((name) => (node.int(name) ? 1n : 0n))
    return { attributes: [mode, ...flags, ...kernel, ...strides, ...dilations, ...pads], inputs: [0] }
  },
  reads: () => ({ axis: -1, weight: 3 }),
  shape(query) {
    const x = given(query.inputs, 0)
    const all = axesOf(query)
    return { dtype: x.dtype, dims: dimsOf(x.dims, x.dims[1] as number, all) }
  },
  element(query) {
    const x = given(query.inputs, 0)
    const all = axesOf(query)
    if (x.dtype !== 'float32') return OPEN
    const includePad = query.attributes[2] !== 0n
    const at = unravel(query.dims, query.index)
    if (includePad && endsBeyond(all, at)) return OPEN
    const [batch, channel] = at as [number, number]
    const first = (batch * (x.dims[1] as number) + channel) * elementCount(x.dims.slice(2))
    const dot = new Dot()
    let [taps, terms] = [0, 0]
    eachRead(all, at, (offset) => {
      taps++
      if (offset === undefined) return
      terms++
      dot.add(x.float(first + offset), FLOAT_ONE)
    })
    return terms === 0 ? OPEN : aroundMean(dot, terms, includePad ? taps : terms)
  },
}

function endsBeyond(all: readonly Axis[], at: readonly number[]): boolean {
  return all.some(({ size, kernel, stride, dilation, head, tail }, i) => {
    const last = (at[i + 2] as number) * stride + (kernel - 1) * dilation
    return last >= head + size + tail
  })
}

function axesOf({ attributes, inputs }: Pick<Query, 'attributes' | 'inputs'>): Axis[] {
  const { dims } = given(inputs, 0)
  const rank = Math.max(dims.length - 2, 0)
  const kernel = slice(attributes, 3, rank)
  return axes(attributes, 3 + rank, dims, kernel, { mode: attributes[0] as bigint, ceil: attributes[1] !== 0n })
}
