import type { Tensor } from '../protocol/tensor.ts'

/** The elements of a tensor as JavaScript values, and how to look at them. */
export interface Elements {
  readonly length: number
  /** Floating-point dtypes have a distance; integers and booleans are equal or not. */
  readonly isFloat: boolean
  /** Element as a double; float16, float32 and integers up to 32 bits convert exactly. */
  number(index: number): number
  /** Element in full, for people (64-bit integers too). */
  print(index: number): string
}

/**
 * Reads the little-endian bytes of a tensor as its elements. Copies them once: a tensor decoded from a message starts
 * at any byte, and typed arrays want alignment.
 */
export function elementsOf(tensor: Tensor): Elements {
  // Not `slice`: a Buffer's shares its pool's memory, and `buffer` would be the whole pool.
  const bytes = new Uint8Array(tensor.data)
  const { buffer } = bytes
  switch (tensor.dtype) {
    case 'float32':
      return numbers(new Float32Array(buffer), true)
    case 'float64':
      return numbers(new Float64Array(buffer), true)
    case 'float16':
      return numbers(Float32Array.from(new Uint16Array(buffer), halfToNumber), true)
    case 'uint8':
    case 'bool':
      return numbers(bytes, false)
    case 'int8':
      return numbers(new Int8Array(buffer), false)
    case 'uint16':
      return numbers(new Uint16Array(buffer), false)
    case 'int16':
      return numbers(new Int16Array(buffer), false)
    case 'uint32':
      return numbers(new Uint32Array(buffer), false)
    case 'int32':
      return numbers(new Int32Array(buffer), false)
    case 'uint64':
      return numbers(new BigUint64Array(buffer), false)
    case 'int64':
      return numbers(new BigInt64Array(buffer), false)
  }
}

function numbers(array: ArrayLike<number | bigint>, isFloat: boolean): Elements {
  return {
    length: array.length,
    isFloat,
    number: (index) => Number(array[index]),
    print: (index) => (Object.is(array[index], -0) ? '-0' : String(array[index])),
  }
}

/** Value of an IEEE 754 binary16 bit pattern (§3.4): 1 sign bit, 5 exponent bits, 10 fraction bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
