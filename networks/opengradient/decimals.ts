import { type DType, dtypes } from '../../protocol/tensor.ts'
import { halfBits } from './half.ts'
import { type FixedPoint, PayloadError } from './types.ts'

/**
 * Largest |decimals| that are read. The smallest float64, 4.9e-324, written to 28 significant digits has 351, so no honest
 * number has more; and 10^(10^9) is nothing to compute with.
 */
export const MAX_DECIMALS = 400n
/** Significant digits of Python's `decimal`, in which the network's nodes divide. */
const SIGNIFICANT = 28
const LARGEST = 10n ** BigInt(SIGNIFICANT)

/**
 * The little-endian bytes of a tensor's elements, out of its numbers.
 *
 * The rule is that of the network's public node, `dtype(Decimal(value) / Decimal(10 ** decimals))`, step by step, since
 * what counts is what the node fed to the model:
 * - the quotient is rounded to 28 significant digits, half to even;
 * - float64: rounded once more, to nearest, ties to even. float32 and float16: **from that float64**, as Python has no
 *   other way from a Decimal. Between the two roundings a decimal within 2^-54 of the middle of two float32 becomes the
 *   middle itself and goes to the even one, where one rounding would not; an honest node has that number too;
 * - whole numbers: what is behind the point is cut off, towards zero.
 *
 * Read back are thus the exact bits of every float16, float32, float64 and integer written out to 28 digits: the decimal
 * lies within 10^-28 of it, relatively, while it takes 2^-54 to move even a float64, and a float32 is one.
 *
 * What the network cannot say at all: NaN, infinities and the sign of zero, which its encoders refuse or drop, and with
 * `decimals` from 0 up, as they have them, magnitudes from 2^127. Negative `decimals`, which no known encoder writes, are
 * taken at their word. bool, float16 and numbers of more than 18 decimals its public node refuses; they are read here all
 * the same, because other nodes may not.
 *
 * @throws PayloadError for |decimals| above 400, and for what an integer or a bool cannot hold
 * @see https://github.com/OpenGradient/public-tee-onnx-node `utils.py`, and `_conversions.py` of the Python SDK
 */
export function elementBytes(dtype: DType, numbers: readonly FixedPoint[]): Uint8Array {
  const width = dtypes[dtype].bytes
  const bytes = new Uint8Array(width * numbers.length)
  const view = new DataView(bytes.buffer)
  const write = writers[dtype]
  for (const [index, number] of numbers.entries()) write(view, width * index, number)
  return bytes
}

type Write = (view: DataView, at: number, number: FixedPoint) => void

const writers: Record<DType, Write> = {
  float64: (view, at, number) => view.setFloat64(at, toDouble(number), true),
  float32: (view, at, number) => view.setFloat32(at, toDouble(number), true),
  float16: (view, at, number) => view.setUint16(at, halfBits(toDouble(number)), true),
  int64: (view, at, number) => view.setBigInt64(at, toInteger(number, 'int64', 64, true), true),
  uint64: (view, at, number) => view.setBigUint64(at, toInteger(number, 'uint64', 64, false), true),
  int32: (view, at, number) => view.setInt32(at, Number(toInteger(number, 'int32', 32, true)), true),
  uint32: (view, at, number) => view.setUint32(at, Number(toInteger(number, 'uint32', 32, false)), true),
  int16: (view, at, number) => view.setInt16(at, Number(toInteger(number, 'int16', 16, true)), true),
  uint16: (view, at, number) => view.setUint16(at, Number(toInteger(number, 'uint16', 16, false)), true),
  int8: (view, at, number) => view.setInt8(at, Number(toInteger(number, 'int8', 8, true))),
  uint8: (view, at, number) => view.setUint8(at, Number(toInteger(number, 'uint8', 8, false))),
  bool: (view, at, number) => view.setUint8(at, toBool(number)),
}

/** Correctly rounded by `Number`: decimal text of any length to the nearest float64. */
function toDouble(number: FixedPoint): number {
  const { value, decimals } = quotient(number)
  return Number(decimals === 0n ? value : `${value}e${-decimals}`)
}

function toInteger(number: FixedPoint, dtype: DType, bits: number, signed: boolean): bigint {
  const { value, decimals } = quotient(number)
  const whole = decimals > 0n ? value / 10n ** decimals : value * 10n ** -decimals
  const wrapped = signed ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole)
  if (wrapped !== whole) throw new PayloadError(`${shown(number)} does not fit into ${dtype}`)
  return whole
}

function toBool(number: FixedPoint): number {
  const { value, decimals } = quotient(number)
  if (value === 0n) return 0
  if (decimals >= 0n && value === 10n ** decimals) return 1
  throw new PayloadError(`${shown(number)} is neither true nor false`)
}

/** The number with at most 28 significant digits, half to even. */
function quotient(number: FixedPoint): FixedPoint {
  const { value, decimals } = number
  if (decimals > MAX_DECIMALS || decimals < -MAX_DECIMALS)
    throw new PayloadError(`${shown(number)} has more decimals than any number of a model`)
  const size = value < 0n ? -value : value
  if (size < LARGEST) return number
  const cut = size.toString().length - SIGNIFICANT
  const unit = 10n ** BigInt(cut)
  const rest = size % unit
  let kept = size / unit
  if (2n * rest > unit || (2n * rest === unit && kept % 2n === 1n)) kept++
  return { value: value < 0n ? -kept : kept, decimals: decimals - BigInt(cut) }
}

const shown = ({ value, decimals }: FixedPoint) => `${value}e${-decimals}`
