import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DType, dtypes, elementCount, encodeTensors, type Tensor } from '../../protocol/tensor.ts'
import {
  decodeTrace,
  encodeTrace,
  MAX_TRACE_ENTRIES,
  type Trace,
  TraceFormatError,
  traceRoot,
  withTensors,
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
const anyFullTrace = anyTrace.filter((trace) => trace.length > 0)

const one = (name: string, ...bytes: number[]) => ({
  name,
  tensor: { dtype: 'uint8' as const, dims: [bytes.length], data: Uint8Array.from(bytes) },
})
const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const leafOf = ({ name, tensor }: Trace[number]) => sha256(Uint8Array.of(0), encodeTensors(new Map([[name, tensor]])))
const nodeOf = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right)

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
    expect(() => traceRoot([wrong])).toThrow(TraceFormatError)
  })
})

describe('traceRoot', () => {
  const [a, b, c, d, e] = [one('a', 0), one('b', 1), one('c', 2), one('d', 3), one('e', 4)] as const

  it.each<[number, Trace, Uint8Array]>([
    [1, [a], leafOf(a)],
    [2, [a, b], nodeOf(leafOf(a), leafOf(b))],
    [3, [a, b, c], nodeOf(nodeOf(leafOf(a), leafOf(b)), leafOf(c))],
    [5, [a, b, c, d, e], nodeOf(nodeOf(nodeOf(leafOf(a), leafOf(b)), nodeOf(leafOf(c), leafOf(d))), leafOf(e))],
  ])('is the Merkle root of %i leaves as written down', (_, trace, root) => {
    expect(traceRoot(trace)).toBe(`0x${Buffer.from(root).toString('hex')}`)
  })

  it('differs when name, dtype, shape, data or order differ', () => {
    const tensor: Tensor = { dtype: 'uint8', dims: [2, 1], data: Uint8Array.of(1, 2) }
    const base: Trace = [{ name: 't', tensor }, a]
    const variants: Trace[] = [
      base,
      [{ name: 'u', tensor }, a],
      [{ name: 't', tensor: { ...tensor, dtype: 'int8' } }, a],
      [{ name: 't', tensor: { ...tensor, dims: [1, 2] } }, a],
      [{ name: 't', tensor: { ...tensor, data: Uint8Array.of(1, 3) } }, a],
      [a, { name: 't', tensor }],
      [{ name: 't', tensor }],
      [{ name: 't', tensor }, a, b],
    ]
    expect(new Set(variants.map(traceRoot)).size).toBe(variants.length)
  })

  it('differs whenever the traces differ', () => {
    fc.assert(
      fc.property(anyFullTrace, anyFullTrace, (left, right) => {
        const same = Buffer.compare(encodeTrace(left), encodeTrace(right)) === 0
        expect(traceRoot(left) === traceRoot(right)).toBe(same)
      }),
    )
  })

  it('survives the encoding', () => {
    fc.assert(
      fc.property(anyFullTrace, (trace) => {
        expect(traceRoot(decodeTrace(encodeTrace(trace)))).toBe(traceRoot(trace))
      }),
    )
  })

  it('does not repeat the last leaf to fill a level', () => {
    const twin = { ...c, name: 'c2' }
    expect(traceRoot([a, b, c])).not.toBe(traceRoot([a, b, c, twin]))
    expect(traceRoot([a, b, c])).not.toBe(
      `0x${nodeOf(nodeOf(leafOf(a), leafOf(b)), nodeOf(leafOf(c), leafOf(c))).toString('hex')}`,
    )
  })

  it('refuses an empty trace and two tensors of one name', () => {
    expect(() => traceRoot([])).toThrow(TraceFormatError)
    expect(() => traceRoot([a, a])).toThrow(TraceFormatError)
  })
})

describe('withTensors', () => {
  it('replaces by name and keeps the order', () => {
    const trace = [one('a', 1), one('b', 2), one('c', 3)]
    const replaced = withTensors(
      trace,
      new Map([
        ['b', one('b', 9).tensor],
        ['z', one('z', 8).tensor],
      ]),
    )
    expect(replaced).toEqual([one('a', 1), one('b', 9), one('c', 3)])
  })
})
