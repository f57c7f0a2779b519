import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256Hex, sha256OfParts } from '../../protocol/sha256.ts'
import {
  type DType,
  decodeTensors,
  dtypes,
  elementCount,
  encodeTensors,
  encodingParts,
  type NamedTensors,
  type Tensor,
  TensorFormatError,
} from '../../protocol/tensor.ts'

const tensor: fc.Arbitrary<Tensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(dtypes) as DType[])),
    dims: fc.array(fc.nat(3), { maxLength: 4 }),
    seed: fc.nat(255),
  })
  .map(({ dtype, dims, seed }) => ({
    dtype,
    dims,
    data: new Uint8Array(elementCount(dims) * dtypes[dtype].bytes).map((_, i) => (seed + i * 31) & 255),
  }))
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '', 'é', '日本', '\u{1f600}', '\ufeffx', '\uffff'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)
const tensors: fc.Arbitrary<NamedTensors> = fc
  .uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 5 })
  .map((entries) => new Map(entries))

const plain = (value: NamedTensors) =>
  [...value].map(([key, { dtype, dims, data }]) => [key, dtype, [...dims], [...data]] as const)
const sorted = (value: NamedTensors) => plain(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

describe('the tensor codec', () => {
  it('gives back what was encoded, in the order of the UTF-8 names', () => {
    fc.assert(
      fc.property(tensors, (value) => {
        expect(plain(decodeTensors(encodeTensors(value)))).toEqual(sorted(value))
      }),
    )
  })

  it('has one encoding for one set of tensors, whatever order they came in', () => {
    fc.assert(
      fc.property(tensors, (value) => {
        expect(encodeTensors(new Map([...value].reverse()))).toEqual(encodeTensors(value))
      }),
    )
  })

  it('hashes alike in one piece and in parts', () => {
    fc.assert(
      fc.property(tensors, (value) => {
        expect(sha256OfParts(encodingParts(value))).toBe(sha256Hex(encodeTensors(value)))
      }),
    )
  })

  it('decodes from the middle of a larger buffer', () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 1, max: 9 }), (value, offset) => {
        const bytes = encodeTensors(value)
        const larger = new Uint8Array(bytes.length + 20).fill(7)
        larger.set(bytes, offset)
        expect(plain(decodeTensors(larger.subarray(offset, offset + bytes.length)))).toEqual(sorted(value))
      }),
    )
  })

  it('refuses every truncation and every extension', () => {
    fc.assert(
      fc.property(tensors, (value) => {
        const bytes = encodeTensors(value)
        for (let length = 0; length < bytes.length; length++)
          expect(() => decodeTensors(bytes.subarray(0, length))).toThrow(TensorFormatError)
        expect(() => decodeTensors(Buffer.concat([bytes, Uint8Array.of(0)]))).toThrow(TensorFormatError)
      }),
      { numRuns: 30 },
    )
  })

  it('accepts no two byte strings for the same tensors: what decodes encodes to the same bytes', () => {
    fc.assert(
      fc.property(tensors, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, where, change) => {
        const bytes = encodeTensors(value)
        const at = where % bytes.length
        bytes[at] = (bytes[at] as number) ^ change
        let decoded: NamedTensors
        try {
          decoded = decodeTensors(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(TensorFormatError)
          return
        }
        expect(encodeTensors(decoded)).toEqual(bytes)
      }),
      { numRuns: 1000 },
    )
  })

  it('throws nothing but TensorFormatError at any bytes after the magic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
        try {
          decodeTensors(Buffer.concat([Buffer.from('GST1'), tail]))
        } catch (error) {
          expect(error).toBeInstanceOf(TensorFormatError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  const one = { dtype: 'uint8', dims: [1], data: Uint8Array.of(5) } as const
  // GST1, count, name length, "a", dtype, rank, dimension, element
  const bytesOf = (...entries: (readonly [string, number, number[], number[]])[]) =>
    Buffer.concat([
      Buffer.from('GST1'),
      Uint8Array.of(entries.length, 0),
      ...entries.flatMap(([key, code, dims, data]) => [
        Uint8Array.of(Buffer.byteLength(key, 'latin1'), 0),
        Buffer.from(key, 'latin1'),
        Uint8Array.of(code, dims.length, ...dims.flatMap((dim) => [...new Uint8Array(Uint32Array.of(dim).buffer)])),
        Uint8Array.from(data),
      ]),
    ])

  it('has the layout that its comment states', () => {
    expect(Buffer.from(encodeTensors(new Map([['a', one]])))).toEqual(bytesOf(['a', 2, [1], [5]]))
  })

  it.each([
    ['another magic', Buffer.from('GST2\0\0'), /GST1/],
    ['names out of order', bytesOf(['b', 2, [0], []], ['a', 2, [0], []]), /order/],
    ['the same name twice', bytesOf(['a', 2, [0], []], ['a', 2, [0], []]), /order/],
    ['a dtype without a size (string)', bytesOf(['a', 8, [0], []]), /dtype/],
    ['a rank above 16', bytesOf(['a', 2, Array(17).fill(1), [5]]), /rank/],
    ['a name that is not UTF-8', bytesOf(['\xff', 2, [0], []]), /UTF-8/],
    ['dimensions whose product overflows', bytesOf(['a', 2, Array(16).fill(2 ** 32 - 1), []]), /elements/],
    ['more tensors than 16,384', Buffer.from('GST1\x01\x40', 'latin1'), /16384/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeTensors(bytes)).toThrow(message)
    expect(() => decodeTensors(bytes)).toThrow(TensorFormatError)
  })

  it.each<[string, Tensor]>([
    ['bytes that do not fill the dimensions', { ...one, data: Uint8Array.of(1, 2) }],
    ['a fraction as dimension', { ...one, dims: [0.5] }],
    ['a negative dimension', { ...one, dims: [-1] }],
    ['a dimension of 2³²', { ...one, dims: [2 ** 32, 0] }],
    ['a rank above 16', { ...one, dims: Array(17).fill(1) }],
  ])('does not encode %s', (_, value) => {
    expect(() => encodeTensors(new Map([['a', value]]))).toThrow(TensorFormatError)
  })

  it('keeps hostile names as plain keys', () => {
    const decoded = decodeTensors(encodeTensors(new Map([['__proto__', one]])))
    expect([...decoded.keys()]).toEqual(['__proto__'])
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })
})
