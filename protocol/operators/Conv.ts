import { aroundDot, MAX_TERMS } from '../arithmetic/bounds.ts'
import { Dot, FLOAT_ONE } from '../arithmetic/dot.ts'
import { OPEN } from '../arithmetic/range.ts'
import { elementCount } from '../tensor.ts'
import { anyOrder, type Operator, type Query } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { given, unravel } from './view.ts'
import { type Axis, axes, dimsOf, eachRead, whole, windowAttributes } from './windows.ts'

/**
 * Conv of float32 tensors, over any number of spatial axes. Attributes: group, padding mode, then strides, dilations,
 * pads. Inputs: X, W, and maybe B.
 *
 * Bound: γ of as many terms as the window has taps inside the input times channels, one more with B. That holds for
 * direct and im2col kernels; Winograd's and Fourier's transforms add numbers that the sum does not have, and a node must
 * not use them. The weights of taps in the padding are read too: a kernel that writes padding out multiplies them by
 * zero, and makes a NaN of an infinite weight.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Conv.html
 */
export const Conv: Operator = {
  canonical(node) {
    const { mode, strides, dilations, pads } = windowAttributes(node)
    return {
      attributes: [node.int('group') ?? 1n, mode, ...strides, ...dilations, ...pads],
      inputs: [0, 1, node.has(2) ? 2 : -1],
    }
  },
  reads(input, attributes) {
    if (input === 0) return attributes[0] === 1n ? { axis: 1, weight: 1000 } : { axis: -1, weight: 3 }
    return input === 1 ? { axis: 1, weight: 1000 } : anyOrder
  },
  shape(query) {
    const x = given(query.inputs, 0).dims
    const w = given(query.inputs, 1).dims
    return { dtype: 'float32', dims: dimsOf(x, w[0] as number, axesOf(query)) }
  },
  element(query) {
    const { terms, inputs, dims, index } = query
    const [x, w, bias] = [given(inputs, 0), given(inputs, 1), inputs[2]]
    const all = axesOf(query)
    const channels = w.dims[1] as number
    const taps = elementCount(w.dims.slice(2))
    if (x.dtype !== 'float32' || w.dtype !== 'float32' || (bias && bias.dtype !== 'float32')) return OPEN
    if (taps * channels > MAX_TERMS) return OPEN

    const at = unravel(dims, index)
    const [batch, channel] = at as [number, number]
    const group = Math.floor(channel / ((w.dims[0] as number) / Number(query.attributes[0])))
    const pixels = elementCount(x.dims.slice(2))
    const first = (batch * (x.dims[1] as number) + group * channels) * pixels
    const dot = new Dot()
    let products = 0
    let tap = channel * channels * taps
    eachRead(all, at, (offset) => {
      if (offset !== undefined) products += channels
      for (let c = 0; c < channels; c++) {
        const weight = w.float(tap + c * taps)
        dot.add(offset === undefined ? 0 : x.float(first + c * pixels + offset), weight)
      }
      tap++
    })
    if (bias) dot.add(bias.float(channel), FLOAT_ONE)
    return aroundDot(terms, dot, products + (bias ? 1 : 0))
  },
}

/** The spatial axes. @throws UnfitError on inputs that do not fit */
function axesOf({ attributes, inputs }: Pick<Query, 'attributes' | 'inputs'>): Axis[] {
  const x = given(inputs, 0).dims
  const w = given(inputs, 1).dims
  const [maps, channels] = w as [number, number]
  const group = whole(attributes[0], 1n)
  if (w.length !== x.length || x[1] !== channels * group || maps === 0 || channels === 0 || maps % group !== 0)
    throw new UnfitError(`[${x}] convolved with [${w}] in ${group} groups`)
  const bias = inputs[2]?.dims
  if (bias && (bias.length !== 1 || bias[0] !== maps)) throw new UnfitError(`a bias of [${bias}] for ${maps} channels`)
  return axes(attributes, 2, x, w.slice(2), { mode: attributes[1] as bigint })
}
