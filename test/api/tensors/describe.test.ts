import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DType, dtypes, type Tensor } from '../../../protocol/tensor.ts'
import { elementAt, firstElements, MOST_ELEMENTS, statisticsOf } from '../../../src/api/tensors/describe.ts'

/** Bytes at an odd offset, as a decoder may find them. */
function tensor(dtype: DType, data: ArrayBufferView, dims = [data.byteLength / dtypes[dtype].bytes]): Tensor {
  const shifted = new Uint8Array(data.byteLength + 1)
  shifted.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 1)
  return { dtype, dims, data: shifted.subarray(1) }
}

test('integers of 64 bits are shown in full', () => {
  const signed = tensor('int64', BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n, 0n))
  expect(firstElements(signed, 10)).toEqual(['-9223372036854775808', '9007199254740993', '0'])
  expect(statisticsOf(signed)).toMatchObject({ min: '-9223372036854775808', max: '9007199254740993', zeros: 1 })
  expect(elementAt(tensor('uint64', BigUint64Array.of(2n ** 64n - 1n)), 0)).toBe('18446744073709551615')
})

test('floats are shown by the shortest decimal that is exactly them', () => {
  const values = Float32Array.of(0.1, -0, 1e-45, 3.4028234663852886e38, Number.NaN, Number.POSITIVE_INFINITY)
  expect(firstElements(tensor('float32', values), 10)).toEqual([
    '0.1',
    '-0',
    '1e-45',
    '3.4028235e+38',
    'NaN',
    'Infinity',
  ])
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      expect(Math.fround(Number(elementAt(tensor('float32', Float32Array.of(value)), 0)))).toBe(value)
    }),
  )
})

test.each([
  [0x3c00, '1'],
  [0xc000, '-2'],
  [0x7bff, '65504'],
  [0x0001, String(2 ** -24)],
  [0x7c00, 'Infinity'],
  [0xfc00, '-Infinity'],
  [0x7e00, 'NaN'],
  [0x8000, '-0'],
])('the half %i is %s', (bits, text) => {
  expect(elementAt(tensor('float16', Uint16Array.of(bits)), 0)).toBe(text)
})

test('statistics are of what is finite, and count what is not', () => {
  const values = Float64Array.of(Number.NaN, 1e15 + 1, Number.NEGATIVE_INFINITY, 1e15 + 3, 0, Number.NaN)
  expect(statisticsOf(tensor('float64', values.subarray(1, 4)))).toEqual({
    ...{ min: '1000000000000001', max: '1000000000000003', mean: 1e15 + 2, standardDeviation: 1 },
    ...{ zeros: 0, nans: 0, positiveInfinities: 0, negativeInfinities: 1 },
  })
  expect(statisticsOf(tensor('float64', values))).toMatchObject({ nans: 2, zeros: 1, min: '0' })
  const none = { min: null, max: null, mean: null, standardDeviation: null }
  expect(statisticsOf(tensor('float32', Float32Array.of(Number.NaN)))).toMatchObject({ ...none, nans: 1 })
})

test('nothing is said of no elements, and of too many', () => {
  expect(statisticsOf(tensor('float32', new Float32Array(0)))).toBeNull()
  expect(firstElements(tensor('float32', new Float32Array(0)), 10)).toEqual([])
  expect(statisticsOf(tensor('uint8', new Uint8Array(MOST_ELEMENTS + 1)))).toBeNull()
})

const arrays = {
  ...{ uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, int32: Int32Array },
  ...{ uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array, float64: Float64Array },
} as const

test.each(Object.keys(arrays) as (keyof typeof arrays)[])('elements of %s are as its typed array has them', (dtype) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const typed = new arrays[dtype](bytes.slice().buffer)
      const texts = Array.from(typed as Iterable<number | bigint>, (value) =>
        Object.is(value, -0) ? '-0' : String(value),
      )
      expect(firstElements(tensor(dtype, bytes), 100)).toEqual(texts)
    }),
  )
})
