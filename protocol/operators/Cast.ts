import { abs, BITS, ONE } from '../arithmetic/fixed.ts'
import { toFixed } from '../arithmetic/float32.ts'
import { around, exactly, OPEN, type Range } from '../arithmetic/range.ts'
import { type DType, dtypes } from '../tensor.ts'
import { anyOrder, NotProvableError, type Operator, type Query } from './operator.ts'
import { UnfitError } from './unfit.ts'
import { given, signedOf } from './view.ts'

/**
 * Cast between float32, whole numbers and truth values. Attributes: code of the type to cast to.
 *
 * Of what ONNX leaves undefined (a float32 that the whole type cannot hold) and of types that the contract does not read
 * (float64, float16) nothing is said. A whole number becomes float32 with one rounding, or with two by way of float64:
 * together less than 2u|x|.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Cast.html
 */
export const Cast: Operator = {
  canonical(node) {
    const to = node.int('to')
    if (to === undefined || !targetOf(to)) throw new NotProvableError(`Cast to type ${to}`)
    return { attributes: [to], inputs: [0] }
  },
  reads: () => anyOrder,
  shape: ({ attributes, inputs }) => ({ dtype: typeOf(attributes), dims: given(inputs, 0).dims }),
  element({ attributes, inputs, index }: Query): Range {
    const view = given(inputs, 0)
    const to = typeOf(attributes)
    const bits = view.bits(index)
    if (view.dtype === 'float64' || view.dtype === 'float16') return OPEN
    if (view.dtype === 'float32') return fromFloat(Number(bits), to)
    // No honest truth value is anything but 0 and 1, so runtimes may read the others as they like.
    if (view.dtype === 'bool' && bits > 1n) return OPEN
    const x = signedOf(view.dtype, bits)
    if (to === 'float32') return around(x << BITS, (abs(x) << BITS) >> 23n)
    if (to === 'bool') return exactly(x === 0n ? 0n : 1n)
    return exactly(BigInt.asUintN(8 * dtypes[to].bytes, x))
  },
}

function fromFloat(bits: number, to: DType): Range {
  const x = toFixed(bits)
  if (x === undefined) return OPEN
  if (to === 'float32') return around(x, 0n)
  if (to === 'bool') {
    // Hardware that takes subnormal numbers for zero calls them false.
    if ((bits & 0x7f800000) === 0 && (bits & 0x7fffff) !== 0) return OPEN
    return exactly(x === 0n && (bits & 0x7fffffff) === 0 ? 0n : 1n)
  }
  const whole = x / ONE
  const width = 8 * dtypes[to].bytes
  const wrapped = BigInt.asUintN(width, whole)
  return signedOf(to, wrapped) === whole ? exactly(wrapped) : OPEN
}

function typeOf(attributes: readonly bigint[]): DType {
  const target = targetOf(attributes[0] as bigint)
  if (!target) throw new UnfitError(`type ${attributes[0]}`)
  return target
}

function targetOf(code: bigint): DType | undefined {
  const name = (Object.keys(dtypes) as DType[]).find((dtype) => BigInt(dtypes[dtype].code) === code)
  return name === 'float64' || name === 'float16' ? undefined : name
}
