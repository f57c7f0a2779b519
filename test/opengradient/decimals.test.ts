import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../demo/random.ts'
import { elementBytes } from '../../networks/opengradient/decimals.ts'
import { PayloadError } from '../../networks/opengradient/types.ts'
import {
  inputOfFloat32,
  inputOfFloat64,
  inputOfInteger,
  outputOfFloat,
  outputOfInteger,
  SdkError,
  type SdkNumber,
} from './sdk-numbers.ts'

/** What numpy read back by `dtype(Decimal(value) / Decimal(10 ** decimals))`: the bits, and null where int64 overflowed. */
const { reads }: { reads: [string, number, number, string, number, string | null][] } = JSON.parse(
  readFileSync(new URL('./python-numbers.json', import.meta.url), 'utf8'),
)
const number = (value: bigint | number | string, decimals: bigint | number): SdkNumber => ({
  value: BigInt(value),
  decimals: BigInt(decimals),
})
const bits32 = (it: SdkNumber[]) => new Uint32Array(elementBytes('float32', it).buffer)
const double = (it: SdkNumber) => new Float64Array(elementBytes('float64', [it]).buffer)[0] as number

const specials = [0, 1, 2, 0x7fffff, 0x800000, 0x800001, 0x3f800000, 0x7effffff, 0x7f000000, 0x7f7fffff, 0x7f800000]
  .concat([0x7f800001, 0x7fc00000, 0x7fffffff, 0x5effffff, 0x5f000000])
  .flatMap((bits) => [bits, (bits | 0x80000000) >>> 0])

/** Bit patterns, every special one among them, with the float32 each is. */
function patterns(count: number): { bits: Uint32Array; floats: Float32Array } {
  const random = randomFrom('float32 patterns')
  const bits = Uint32Array.from({ length: count }, (_, i) => specials[i] ?? Math.floor(random.next() * 2 ** 32))
  return { bits, floats: new Float32Array(bits.buffer) }
}

describe('elementBytes', () => {
  it('gives 100,000 float32 of any bits back from what nodes write', () => {
    const { bits, floats } = patterns(100_000)
    const written: SdkNumber[] = []
    const wanted: number[] = []
    const refused = { special: 0, large: 0 }
    for (const [i, x] of floats.entries()) {
      try {
        written.push(outputOfFloat(x))
        // The only finite bits that no decimal has.
        wanted.push(bits[i] === 0x80000000 ? 0 : (bits[i] as number))
      } catch (error) {
        if (!(error instanceof SdkError)) throw error
        if (Number.isFinite(x)) expect(Math.abs(x)).toBeGreaterThanOrEqual(2 ** 127)
        refused[Number.isFinite(x) ? 'large' : 'special']++
      }
    }
    expect(Buffer.from(bits32(written).buffer).equals(Buffer.from(Uint32Array.from(wanted).buffer))).toBe(true)
    // One exponent of 256 is that of NaN and infinities, one that of what exceeds int128.
    for (const count of Object.values(refused)) expect(Math.abs(count - 390)).toBeLessThan(120)
  })

  it('gives 100,000 float32 back from what the SDK writes, where it can', () => {
    const { bits, floats } = patterns(100_000)
    let same = 0
    for (const [i, x] of floats.entries()) {
      try {
        const [back] = bits32([inputOfFloat32(x)])
        if (back !== (bits[i] === 0x80000000 ? 0 : bits[i])) throw new Error(`${x} came back as other bits: ${back}`)
        same++
      } catch (error) {
        if (!(error instanceof SdkError)) throw error
        if (Number.isFinite(x)) expect(Math.abs(x)).toBeGreaterThanOrEqual(2 ** 62)
      }
    }
    // Exponents from -149 to 62 are written: 190 of 256.
    expect(same).toBeGreaterThan(73_000)
  })

  it('gives 100,000 int64 back from what the SDK and nodes write', () => {
    const random = randomFrom('int64')
    const ends = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 10n ** 18n, 2n ** 53n + 1n, -(2n ** 53n) - 1n]
    const integers = BigInt64Array.from({ length: 100_000 }, (_, i) => {
      const bits = (BigInt(Math.floor(random.next() * 2 ** 32)) << 32n) | BigInt(Math.floor(random.next() * 2 ** 32))
      return ends[i] ?? BigInt.asIntN(64, bits) >> BigInt(i % 60)
    })
    for (const write of [inputOfInteger, outputOfInteger]) {
      const bytes = elementBytes('int64', Array.from(integers, write))
      expect(Buffer.from(bytes).equals(Buffer.from(integers.buffer))).toBe(true)
    }
  })

  it('gives float64 back from both', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        for (const write of [inputOfFloat64, outputOfFloat]) {
          try {
            expect(double(write(x))).toBe(x === 0 ? 0 : x)
          } catch (error) {
            if (!(error instanceof SdkError)) throw error
          }
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('gives every float16 back', () => {
    for (let bits = 0; bits < 2 ** 16; bits++) {
      const x = halfOf(bits)
      if (!Number.isFinite(x) || Object.is(x, -0)) continue
      expect(new Uint16Array(elementBytes('float16', [outputOfFloat(x)]).buffer)[0]).toBe(bits)
    }
  })

  it.each(reads)('reads %se-%i as numpy does', (value, decimals, float32, float64, float16, int64) => {
    const it = number(value, decimals)
    expect(bits32([it])[0]).toBe(float32)
    expect(new BigUint64Array(elementBytes('float64', [it]).buffer)[0]).toBe(BigInt(float64))
    expect(new Uint16Array(elementBytes('float16', [it]).buffer)[0]).toBe(float16)
    if (int64 === null) expect(() => elementBytes('int64', [it])).toThrow(PayloadError)
    else expect(new BigInt64Array(elementBytes('int64', [it]).buffer)[0]).toBe(BigInt(int64))
  })

  it('gives the float64 that lies nearest, whatever the number', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 28n) + 1n, 10n ** 28n - 1n),
        fc.integer({ min: -280, max: 340 }),
        (value, places) => {
          expect(isNearest(number(value, places), double(number(value, places)))).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('cuts whole numbers towards zero and refuses those that do not fit', () => {
    const int8 = (value: number, decimals = 0) =>
      new Int8Array(elementBytes('int8', [number(value, decimals)]).buffer)[0]
    expect([int8(79, 1), int8(-79, 1), int8(127), int8(-128), int8(1, 400), int8(-1, -2)]).toEqual([
      7, -7, 127, -128, 0, -100,
    ])
    for (const value of [128, -129]) expect(() => int8(value)).toThrow('does not fit into int8')
    expect(() => elementBytes('uint64', [number(-1, 0)])).toThrow(PayloadError)
    expect(elementBytes('uint64', [number(2n ** 64n - 1n, 0)])).toEqual(new Uint8Array(8).fill(255))
  })

  it('takes 0 and 1 for a bool, however written', () => {
    expect([...elementBytes('bool', [number(0, 9), number(1, 0), number(100, 2)])]).toEqual([0, 1, 1])
    for (const it of [number(2, 0), number(1, 1), number(1, -1)])
      expect(() => elementBytes('bool', [it])).toThrow(PayloadError)
  })

  it.each([401n, -401n, 10n ** 9n, -(10n ** 9n), 2n ** 127n - 1n, -(2n ** 127n)])(
    'refuses %i decimals at once',
    (places) => {
      for (const dtype of ['float32', 'float64', 'int64', 'bool'] as const)
        expect(() => elementBytes(dtype, [number(1, places)])).toThrow(PayloadError)
    },
  )
})

/** IEEE 754 binary16, by its definition. */
function halfOf(bits: number): number {
  const sign = bits >> 15 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

/** By whole numbers alone: no float64 lies nearer to the decimal, and of two as near this is the even one. */
function isNearest({ value, decimals }: SdkNumber, found: number): boolean {
  // In units of 2^-1074 · 10^-max(decimals, 0).
  const down = 10n ** (decimals > 0n ? decimals : 0n)
  const exact = (value * 10n ** (decimals < 0n ? -decimals : 0n)) << 1074n
  const bits = new BigInt64Array(Float64Array.of(found).buffer)[0] as bigint
  const distance = (magnitude: bigint) => {
    const size = unitsOf(magnitude) * down * (bits < 0n ? -1n : 1n)
    return size > exact ? size - exact : exact - size
  }
  const magnitude = BigInt.asUintN(63, bits)
  const here = distance(magnitude)
  const others = [magnitude + 1n, ...(magnitude > 0n ? [magnitude - 1n] : [])].map(distance)
  return others.every((other) => here < other || (here === other && magnitude % 2n === 0n))
}

function unitsOf(magnitude: bigint): bigint {
  const exponent = magnitude >> 52n
  const fraction = magnitude & (2n ** 52n - 1n)
  return exponent === 0n ? fraction : (fraction + 2n ** 52n) << (exponent - 1n)
}
