import { times } from '../arithmetic/bounds.ts'
import { abs, div, HUGE, mul, ONE, sqrt } from '../arithmetic/fixed.ts'
import { bitsOf, toFixed } from '../arithmetic/float32.ts'
import { around, OPEN } from '../arithmetic/range.ts'
import { elementCount } from '../tensor.ts'
import { anyOrder, NotProvableError, type Operator } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { given } from './view.ts'

/** 2⁵⁰. Beyond it, or with var + epsilon below 2⁻⁶⁰, nothing is said: then nothing on the way overflows. */
const LARGE = 1n << 170n
const SMALL = 1n << 60n

/**
 * BatchNormalization as inference has it: (X − mean) / √(var + epsilon) · scale + B, of float32 tensors. Attributes: bits
 * of epsilon. Inputs: X, scale, B, mean, var.
 *
 * Bound: 16u · (|X·s| + |mean·s| + |B|), where s = scale / √(var + epsilon). Runtimes compute that as it stands or as
 * X·s + (B − mean·s), so what cancels counts. s itself takes a sum (its root halves the error), a root and a division,
 * four u each to allow for approximate ones, and a product: below 10u; three more roundings follow.
 *
 * @see https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 */
export const BatchNormalization: Operator = {
  canonical(node) {
    if (node.int('training_mode') || node.outputs > 1 || (node.opset < 7 && !node.int('is_test')))
      throw new NotProvableError('BatchNormalization in training mode')
    if (node.opset < 9 && node.int('spatial') === 0n) throw new NotProvableError('BatchNormalization of each pixel')
    return { attributes: [BigInt(node.float('epsilon') ?? bitsOf(1e-5))], inputs: [0, 1, 2, 3, 4] }
  },
  reads: () => anyOrder,
  shape({ inputs }) {
    const x = given(inputs, 0)
    if (x.dims.length === 0) throw new UnfitError('a scalar has no channels')
    const channels = x.dims.length === 1 ? 1 : x.dims[1]
    for (let i = 1; i < 5; i++) {
      const { dims } = given(inputs, i)
      if (dims.length !== 1 || dims[0] !== channels) throw new UnfitError(`[${dims}] for ${channels} channels`)
    }
    return { dtype: x.dtype, dims: x.dims }
  },
  element({ attributes, inputs, index }) {
    const { dims } = given(inputs, 0)
    const channel = dims.length < 2 ? 0 : Math.floor(index / elementCount(dims.slice(2))) % (dims[1] as number)
    const values: bigint[] = []
    for (let i = 0; i < 5; i++) {
      const view = given(inputs, i)
      const value = view.dtype === 'float32' ? toFixed(view.float(i === 0 ? index : channel)) : undefined
      if (value === undefined || abs(value) >= LARGE) return OPEN
      values.push(value)
    }
    const epsilon = toFixed(Number(attributes[0]))
    if (epsilon === undefined || abs(epsilon) >= LARGE) return OPEN
    const [x, scale, bias, mean, variance] = values as [bigint, bigint, bigint, bigint, bigint]
    if (variance + epsilon < SMALL) return OPEN
    const root = sqrt(variance + epsilon)
    const inverse = div(ONE, root)
    const s = div(scale, root)
    const size = abs(mul(x, s)) + abs(mul(mean, s)) + abs(bias)
    if (size >= HUGE) return OPEN
    // What fixed point cuts off (2⁻¹²⁰) and hardware flushes to zero (2⁻¹²⁶), times whatever it is multiplied by.
    const noise = times(abs(x) + abs(mean), inverse + ONE) + abs(s) + abs(scale) + inverse + ONE
    return around(mul(x - mean, s) + bias, (size >> 20n) + (noise >> 117n) + 16n)
  },
}
