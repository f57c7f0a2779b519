import { type DType, dtypes, elementCount, type Tensor } from '../../../protocol/tensor.ts'

/** Elements that statistics look at: beyond, a tensor has none. A million take about 10 ms. */
export const MOST_ELEMENTS = 4_000_000

/** What the elements of a tensor are like. Extremes as exact decimal text, the rest in double precision. */
export interface Statistics {
  /** of the finite elements; null when there are none */
  min: string | null
  max: string | null
  mean: number | null
  standardDeviation: number | null
  zeros: number
  nans: number
  positiveInfinities: number
  negativeInfinities: number
}

/**
 * One element as text that names it exactly: integers in full, floats by the shortest decimal of their precision, and
 * NaN, Infinity and -Infinity.
 *
 * @throws RangeError when there is no such element
 */
export function elementAt({ dtype, data }: Tensor, index: number): string {
  const value = reader(dtype, data)(index)
  if (typeof value === 'bigint') return String(value)
  if (dtype === 'bool') return value === 0 ? 'false' : 'true'
  if (Object.is(value, -0)) return '-0'
  if (dtype === 'float32') return shortest(value, Math.fround)
  return String(value)
}

/** The first elements, in row-major order. */
export function firstElements(tensor: Tensor, count: number): string[] {
  const length = Math.min(count, elementCount(tensor.dims))
  return Array.from({ length }, (_, i) => elementAt(tensor, i))
}

const known = new WeakMap<Tensor['data'], Statistics | null>()

/** What the elements are like; null when there are too many to look at, or none. Looks at them once. */
export function statisticsOf(tensor: Tensor): Statistics | null {
  const before = known.get(tensor.data)
  if (before !== undefined) return before
  const statistics = measured(tensor)
  known.set(tensor.data, statistics)
  return statistics
}

function measured(tensor: Tensor): Statistics | null {
  const { dtype, data, dims } = tensor
  const count = elementCount(dims)
  if (count === 0 || count > MOST_ELEMENTS) return null
  const read = reader(dtype, data)
  let [least, most] = [-1, -1]
  let [min, max]: [number | bigint, number | bigint] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [finite, mean, squares] = [0, 0, 0]
  let [zeros, nans, positiveInfinities, negativeInfinities] = [0, 0, 0, 0]
  for (let i = 0; i < count; i++) {
    const value = read(i)
    const number = Number(value)
    if (Number.isNaN(number)) nans++
    else if (number === Number.POSITIVE_INFINITY) positiveInfinities++
    else if (number === Number.NEGATIVE_INFINITY) negativeInfinities++
    else {
      finite++
      if (number === 0) zeros++
      if (value < min) [min, least] = [value, i]
      if (value > max) [max, most] = [value, i]
      // Welford: no cancellation, whatever the offset.
      const delta = number - mean
      mean += delta / finite
      squares += delta * (number - mean)
    }
  }
  const orNull = (value: number) => (finite > 0 && Number.isFinite(value) ? value : null)
  return {
    min: least < 0 ? null : elementAt(tensor, least),
    max: most < 0 ? null : elementAt(tensor, most),
    mean: orNull(mean),
    standardDeviation: orNull(Math.sqrt(squares / finite)),
    ...{ zeros, nans, positiveInfinities, negativeInfinities },
  }
}

/** Reads elements of little-endian bytes, whatever their alignment. */
function reader(dtype: DType, data: Uint8Array): (index: number) => number | bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const { bytes } = dtypes[dtype]
  switch (dtype) {
    case 'float32':
      return (i) => view.getFloat32(i * bytes, true)
    case 'float64':
      return (i) => view.getFloat64(i * bytes, true)
    case 'float16':
      return (i) => half(view.getUint16(i * bytes, true))
    case 'uint8':
    case 'bool':
      return (i) => view.getUint8(i)
    case 'int8':
      return (i) => view.getInt8(i)
    case 'uint16':
      return (i) => view.getUint16(i * bytes, true)
    case 'int16':
      return (i) => view.getInt16(i * bytes, true)
    case 'int32':
      return (i) => view.getInt32(i * bytes, true)
    case 'uint32':
      return (i) => view.getUint32(i * bytes, true)
    case 'int64':
      return (i) => view.getBigInt64(i * bytes, true)
    case 'uint64':
      return (i) => view.getBigUint64(i * bytes, true)
  }
}

/** The shortest decimal that rounds to the value in its precision. */
function shortest(value: number, round: (value: number) => number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (round(text) === value) return String(text)
  }
  return Number.isFinite(value) ? String(Number(value.toPrecision(9))) : String(value)
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
