import { aroundDot, MAX_TERMS } from '../arithmetic/bounds.ts'
import { Dot, FLOAT_ONE } from '../arithmetic/dot.ts'
import { OPEN } from '../arithmetic/range.ts'
import { elementCount, type Tensor } from '../tensor.ts'
import { anyOrder, NotProvableError, type Operator, type Query } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { given, unravel } from './view.ts'
import { whole, windowAttributes } from './windows.ts'

/**
 * ConvTranspose of float32 tensors, over any number of spatial axes. Attributes: group, then strides, dilations, pads
 * (all heads, all tails), output paddings. Inputs: X, W, and maybe B.
 *
 * Bound: γ of as many terms as there are inputs that reach the element, one more with B; for direct and im2col kernels.
 * Some kernels put zeros between the inputs and multiply them by every weight: so that this makes no NaN, only models
 * whose weights are finite constants are in canonical form.
 *
 * @see https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 */
export const ConvTranspose: Operator = {
  canonical(node) {
    const { rank, mode, strides, dilations, pads } = windowAttributes(node)
    // The specification itself has changed its mind on which side gets the odd one.
    if (mode !== 0n) throw new NotProvableError('auto_pad SAME of a ConvTranspose')
    if (node.ints('output_shape')?.length) throw new NotProvableError('output_shape, which leaves the pads to runtimes')
    const weights = node.constant(1)
    if (!weights || !allFinite(weights)) throw new NotProvableError('weights that are not finite constants')
    const extra = node.ints('output_padding') ?? new Array<bigint>(rank).fill(0n)
    if (extra.length !== rank) throw new NotProvableError(`${extra.length} output paddings for ${rank} spatial axes`)
    return {
      attributes: [node.int('group') ?? 1n, ...strides, ...dilations, ...pads, ...extra],
      inputs: [0, 1, node.has(2) ? 2 : -1],
    }
  },
  reads: (input) => (input > 1 ? anyOrder : { axis: 1 - input, weight: 1000 }),
  shape(query) {
    const { group, rank, strides, dilations, pads, extra } = fitting(query)
    const x = given(query.inputs, 0).dims as number[]
    const w = given(query.inputs, 1).dims as number[]
    const dims = [x[0] as number, (w[1] as number) * group]
    for (let i = 0; i < rank; i++) {
      const [inputs, taps] = [x[i + 2], w[i + 2]] as [number, number]
      const last = (inputs - 1) * number(strides[i]) + (taps - 1) * number(dilations[i]) + number(extra[i])
      const cut = number(pads[i]) + number(pads[rank + i])
      if (last < cut) throw new UnfitError('pads larger than the output')
      dims.push(last + 1 - cut)
    }
    return { dtype: 'float32', dims }
  },
  element(query) {
    const { group, rank, strides, dilations, pads } = fitting(query)
    const { terms, inputs, dims, index } = query
    const [x, w, bias] = [given(inputs, 0), given(inputs, 1), inputs[2]]
    if (x.dtype !== 'float32' || w.dtype !== 'float32' || (bias && bias.dtype !== 'float32')) return OPEN
    const channels = (w.dims[0] as number) / group
    const maps = w.dims[1] as number
    const taps = elementCount(w.dims.slice(2))
    if (taps * channels > MAX_TERMS) return OPEN

    const at = unravel(dims, index)
    const [batch, channel] = at as [number, number]
    const own = Math.floor(channel / maps) * channels
    const pixels = elementCount(x.dims.slice(2))
    const first = (batch * (x.dims[1] as number) + own) * pixels
    const weights = (own * maps + (channel % maps)) * taps
    const dot = new Dot()
    let products = 0
    for (let tap = 0; tap < taps; tap++) {
      const pixel = reached(tap)
      if (pixel === undefined) continue
      for (let c = 0; c < channels; c++)
        dot.add(x.float(first + c * pixels + pixel), w.float(weights + c * maps * taps + tap))
      products += channels
    }
    if (bias) dot.add(bias.float(channel), FLOAT_ONE)
    return aroundDot(terms, dot, products + (bias ? 1 : 0))

    /** The one input that reaches the element through a tap, if there is one. */
    function reached(tap: number): number | undefined {
      let rest = tap
      let pixel = 0
      let step = 1
      for (let i = rank - 1; i >= 0; i--) {
        const [inputs, size] = [x.dims[i + 2], w.dims[i + 2]] as [number, number]
        const from = (at[i + 2] as number) + number(pads[i]) - (rest % size) * number(dilations[i])
        const input = from / number(strides[i])
        if (from < 0 || !Number.isInteger(input) || input >= inputs) return undefined
        pixel += input * step
        step *= inputs
        rest = Math.floor(rest / size)
      }
      return pixel
    }
  },
}

/** The attributes by name. @throws UnfitError on inputs and attributes that do not fit */
function fitting({ attributes, inputs }: Pick<Query, 'attributes' | 'inputs'>) {
  const x = given(inputs, 0).dims
  const w = given(inputs, 1).dims
  const rank = x.length - 2
  if (rank < 1 || w.length !== x.length || attributes.length !== 1 + 5 * rank) throw new UnfitError(`[${x}] by [${w}]`)
  const group = whole(attributes[0], 1n)
  const [channels, maps] = w as [number, number]
  if (x[1] !== channels || channels === 0 || maps === 0 || channels % group !== 0 || x.slice(2).includes(0))
    throw new UnfitError(`[${x}] with [${w}] in ${group} groups`)
  w.slice(2).reduce((taps, size) => whole(BigInt(taps * whole(BigInt(size), 1n)), 1n), 1)
  for (const [i, attribute] of attributes.slice(1).entries()) whole(attribute, i < 2 * rank ? 1n : 0n)
  const bias = inputs[2]?.dims
  if (bias && (bias.length !== 1 || bias[0] !== maps * group)) throw new UnfitError(`a bias of [${bias}]`)
  const list = (from: number, to: number) => attributes.slice(1 + from * rank, 1 + to * rank)
  return { group, rank, strides: list(0, 1), dilations: list(1, 2), pads: list(2, 4), extra: list(4, 5) }
}

function number(attribute: bigint | undefined): number {
  return Number(attribute)
}

/** Whether no element of a float32 tensor is NaN or infinite. */
function allFinite({ dtype, data }: Tensor): boolean {
  if (dtype !== 'float32') return false
  for (let at = 2; at < data.length; at += 4)
    if (((data[at + 1] as number) & 0x7f) === 0x7f && (data[at] as number) >= 0x80) return false
  return true
}
