import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DType, dtypes, elementCount, encodeTensors, type Tensor } from '../../protocol/tensor.ts'
import {
  decodeTrace,
  encodeTrace,
  MAX_TRACE_ENTRIES,
  packTrace,
  type Trace,
  TraceFormatError,
  unpackTrace,
} from '../../protocol/trace.ts'

const anyTensor: fc.Arbitrary<Tensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(dtypes) as DType[])),
    dims: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  })
  .chain(({ dtype, dims }) => {
    const length = elementCount(dims) * dtypes[dtype].bytes
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ dtype, dims, data }))
  })

const anyTrace: fc.Arbitrary<Trace> = fc.uniqueArray(
  fc.record({ name: fc.string({ unit: 'grapheme', maxLength: 12 }), tensor: anyTensor }),
  { selector: ({ name }) => name, maxLength: 12 },
)

const one = (name: string, ...bytes: number[]) => ({
  name,
  tensor: { dtype: 'uint8' as const, dims: [bytes.length], data: Uint8Array.from(bytes) },
})
describe('the encoding of a trace', () => {
  it('decodes to the same trace, in the same order', () => {
    fc.assert(
      fc.property(anyTrace, (trace) => {
        expect(decodeTrace(encodeTrace(trace))).toEqual(trace)
      }),
    )
  })

  it('decodes nothing else: what it takes, it would have written', () => {
    fc.assert(
      fc.property(anyTrace, fc.nat(), fc.integer({ min: 1, max: 255 }), (trace, at, flip) => {
        const bytes = encodeTrace(trace)
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip
        let decoded: Trace
        try {
          decoded = decodeTrace(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(TraceFormatError)
          return
        }
        expect(encodeTrace(decoded)).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('refuses any bytes by a named error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeTrace(bytes)).toThrow(TraceFormatError)
      }),
    )
  })

  it('refuses a trace that is cut short or goes on', () => {
    fc.assert(
      fc.property(anyTrace, fc.nat(), (trace, cut) => {
        const bytes = encodeTrace(trace)
        expect(() => decodeTrace(bytes.subarray(0, cut % bytes.length))).toThrow(TraceFormatError)
        expect(() => decodeTrace(Buffer.concat([bytes, Uint8Array.of(0)]))).toThrow(TraceFormatError)
      }),
    )
  })

  it('decodes bytes that lie in the middle of a larger buffer', () => {
    const bytes = encodeTrace([one('a', 1, 2), one('b', 3)])
    const within = new Uint8Array(bytes.length + 7)
    within.set(bytes, 3)
    expect(decodeTrace(within.subarray(3, 3 + bytes.length))).toEqual([one('a', 1, 2), one('b', 3)])
  })

  it('refuses two tensors of one name, written or read', () => {
    expect(() => encodeTrace([one('a', 1), one('a', 2)])).toThrow(TraceFormatError)
    const twice = encodeTrace([one('a', 1), one('b', 2)])
    twice[twice.lastIndexOf('b'.charCodeAt(0))] = 'a'.charCodeAt(0)
    expect(() => decodeTrace(twice)).toThrow(/two tensors named/)
  })

  it('refuses an entry that holds two tensors', () => {
    const two = encodeTensors(new Map([one('a', 1), one('b', 2)].map(({ name, tensor }) => [name, tensor])))
    const bytes = new Uint8Array(12 + two.length)
    bytes.set(encodeTrace([]))
    new DataView(bytes.buffer).setUint32(4, 1, true)
    new DataView(bytes.buffer).setUint32(8, two.length, true)
    bytes.set(two, 12)
    expect(() => decodeTrace(bytes)).toThrow(/is 2 tensors/)
  })

  it('refuses more tensors than a trace can have before reading any', () => {
    const bytes = encodeTrace([])
    new DataView(bytes.buffer).setUint32(4, MAX_TRACE_ENTRIES + 1, true)
    expect(() => decodeTrace(bytes)).toThrow(/more than/)
  })

  it('refuses to write a tensor whose bytes do not fit its shape', () => {
    const wrong = { name: 'a', tensor: { dtype: 'float32' as const, dims: [2], data: new Uint8Array(7) } }
    expect(() => encodeTrace([wrong])).toThrow(TraceFormatError)
  })
})

describe('what a node publishes', () => {
  it('is the encoding, compressed', () => {
    fc.assert(
      fc.property(anyTrace, (trace) => {
        expect(unpackTrace(packTrace(trace), 10_000)).toEqual(trace)
      }),
    )
  })

  it('is refused when it takes more room than it may, before it takes it', () => {
    const bytes = encodeTrace([one('a', ...new Array(1000).fill(0))])
    expect(unpackTrace(gzipSync(bytes), bytes.length)).toHaveLength(1)
    expect(() => unpackTrace(gzipSync(bytes), bytes.length - 1)).toThrow(/larger than/)
    const bomb = gzipSync(new Uint8Array(64 * 2 ** 20))
    expect(() => unpackTrace(bomb, 2 ** 20)).toThrow(TraceFormatError)
  })

  it('is refused by a named error when it is anything else', () => {
    const packed = packTrace([one('a', 1, 2, 3)])
    for (const bytes of [new Uint8Array(), Uint8Array.of(1, 2, 3), packed.subarray(0, -4), encodeTrace([])])
      expect(() => unpackTrace(bytes, 10_000)).toThrow(TraceFormatError)
    expect(() => unpackTrace(gzipSync(Uint8Array.of(1)), 10_000)).toThrow(/GSR1/)
  })
})
