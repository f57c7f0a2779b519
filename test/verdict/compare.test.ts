import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DType, NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { type Comparison, compare as compareReplay } from '../../verdict/compare.ts'
import { elementsOf, halfToNumber } from '../../verdict/elements.ts'
import type { Rule } from '../../verdict/verdict.ts'

const fp32: Rule = { precision: 'fp32', tolerance: 1e-4 }
const exact: Rule = { precision: 'exact', tolerance: 0 }
const rules = [fp32, exact, { precision: 'fp32', tolerance: 0 }] as const

const as = (dtype: DType, values: ArrayBufferView, dims?: number[]): Tensor => {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice()
  return { dtype, dims: dims ?? [(values as unknown as { length: number }).length], data }
}
const floats = (...values: number[]): NamedTensors => new Map([['y', as('float32', Float32Array.from(values))]])
const ints = (...values: number[]): NamedTensors => new Map([['y', as('int32', Int32Array.from(values))]])
const halves = (...bits: number[]): NamedTensors => new Map([['y', as('float16', Uint16Array.from(bits))]])
const compare = (posted: NamedTensors, outputs: NamedTensors, rule: Rule) =>
  compareReplay(posted, { outputs, forms: new Map(), scores: new Map() }, rule)
const differenceOf = (comparison: Comparison) => {
  if (comparison.kind !== 'differs') throw new Error(`it ${comparison.kind}`)
  return comparison.difference
}

const anyFloats = fc.array(fc.float(), { minLength: 1, maxLength: 20 })
const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 })

describe('compare', () => {
  it('agrees with itself under every rule, NaN and infinities included', () => {
    fc.assert(
      fc.property(anyFloats, fc.constantFrom(...rules), (values, rule) => {
        expect(compare(floats(...values), floats(...values), rule)).toMatchObject({ kind: 'agrees', distance: 0 })
      }),
    )
  })

  it('accepts a perturbation exactly when it is within tolerance × max(1, largest reference)', () => {
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.double({ min: -1e-2, max: 1e-2, noNaN: true }),
        (values, where, step) => {
          const reference = Float32Array.from(values)
          const given = reference.slice()
          const at = where % values.length
          const scale = Math.max(1, ...reference.map(Math.abs))
          given[at] = (given[at] as number) + step * scale
          const distance = Math.abs((given[at] as number) - (reference[at] as number)) / scale
          const found = compare(floats(...given), floats(...reference), fp32)
          expect(found.kind).toBe(distance <= fp32.tolerance ? 'agrees' : 'differs')
          if (found.kind === 'differs')
            expect(found.difference).toMatchObject({ kind: 'distance', output: 'y', at, distance, tolerance: 1e-4 })
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never finds less distance for a larger perturbation of the same element', () => {
    fc.assert(
      fc.property(
        finite,
        fc.float({ min: 0, max: 1, noNaN: true }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (value, a, b) => {
          const strict: Rule = { precision: 'fp32', tolerance: 0 }
          const distance = (step: number) => {
            const found = compare(floats(value + step), floats(value), strict)
            return found.kind === 'differs' ? (found.difference.distance as number) : 0
          }
          expect(distance(Math.min(a, b))).toBeLessThanOrEqual(distance(Math.max(a, b)))
        },
      ),
    )
  })

  it('is symmetric for outputs whose largest elements are alike', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 9 }), (values) => {
        const reversed = [...values].reverse()
        const one = compare(floats(...values), floats(...reversed), fp32)
        const other = compare(floats(...reversed), floats(...values), fp32)
        expect(other.kind).toBe(one.kind)
        if (one.kind === 'differs') expect(differenceOf(other).distance).toBe(one.difference.distance)
      }),
    )
  })

  it.each<[string, number[], number[]]>([
    ['a NaN that the replay lacks', [Number.NaN], [1]],
    ['a NaN that the post lacks', [1], [Number.NaN]],
    ['a NaN behind a small difference', [1.00001, Number.NaN], [1, 2]],
    ['a NaN before a large difference', [Number.NaN, 9], [1, 2]],
    ['an infinity that the replay lacks', [Number.POSITIVE_INFINITY], [1]],
    ['an infinity that the post lacks', [1], [Number.POSITIVE_INFINITY]],
    ['infinities of opposite sign', [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
    ['a wrong element beside an infinity that both have', [Infinity, 2], [Infinity, 1]],
    ['a wrong element beside a NaN that both have', [Number.NaN, 2], [Number.NaN, 1]],
  ])('finds %s under every rule, however large the tolerance', (_, posted, replayed) => {
    for (const rule of [...rules, { precision: 'fp32', tolerance: 0.5 } as const])
      expect(compare(floats(...posted), floats(...replayed), rule).kind).toBe('differs')
  })

  it('names the NaN as the worst element', () => {
    expect(differenceOf(compare(floats(5, Number.NaN, 9), floats(1, 2, 3), fp32))).toEqual({
      output: 'y',
      kind: 'distance',
      distance: Number.NaN,
      tolerance: 1e-4,
      envelope: null,
      at: 1,
      posted: 'NaN',
      replayed: '2',
    })
  })

  it('in the exact class, finds any changed bit but those within a NaN', () => {
    fc.assert(
      fc.property(anyFloats, fc.nat(), (values, where) => {
        const reference = floats(...values)
        const tensor = reference.get('y') as Tensor
        const bit = where % (tensor.data.length * 8)
        const data = tensor.data.slice()
        data[bit >> 3] = (data[bit >> 3] as number) ^ (1 << (bit & 7))
        const given = new Map([['y', { ...tensor, data }]])
        const at = bit >> 5
        const isNaNStill =
          Number.isNaN(elementsOf(tensor).number(at)) && Number.isNaN(elementsOf({ ...tensor, data }).number(at))
        const found = compare(given, reference, exact)
        expect(found.kind).toBe(isNaNStill ? 'agrees' : 'differs')
        if (found.kind === 'differs') expect(found.difference).toMatchObject({ kind: 'bits', at, tolerance: 0 })
      }),
      { numRuns: 500 },
    )
  })

  it('tells +0 from −0 in the exact class only', () => {
    expect(differenceOf(compare(floats(-0), floats(0), exact))).toMatchObject({ posted: '-0', replayed: '0' })
    expect(compare(floats(-0), floats(0), { precision: 'fp32', tolerance: 0 }).kind).toBe('agrees')
  })

  it('compares integers and booleans for equality in both classes, and knows no margin in fp32', () => {
    for (const rule of [exact, { precision: 'fp32', tolerance: 100 } as const]) {
      expect(compare(ints(1, 2), ints(1, 2), rule).kind).toBe('agrees')
      expect(differenceOf(compare(ints(1, 3), ints(1, 2), rule))).toEqual({
        output: 'y',
        kind: rule.precision === 'exact' ? 'bits' : 'discrete',
        distance: null,
        tolerance: 0,
        envelope: null,
        at: 1,
        posted: '3',
        replayed: '2',
      })
    }
  })

  it('reads tensors whose bytes lie in a pooled Buffer, at any offset', () => {
    const pooled = Buffer.from(
      Buffer.concat([Buffer.alloc(1), (floats(1, 2).get('y') as Tensor).data]).toString('base64'),
      'base64',
    )
    const given = new Map([['y', { dtype: 'float32', dims: [2], data: pooled.subarray(1) } as Tensor]])
    expect(compare(given, floats(1, 2.5), fp32)).toMatchObject({ kind: 'differs', difference: { posted: '2' } })
  })

  it('tells apart 64-bit integers that are equal as doubles', () => {
    const big = (value: bigint) => new Map([['y', as('int64', BigInt64Array.of(value))]])
    expect(differenceOf(compare(big(2n ** 53n + 1n), big(2n ** 53n), fp32)).posted).toBe('9007199254740993')
  })

  it('lets a float16 output round to the neighbour, and no further', () => {
    // 1 and its neighbours above, 2⁻¹⁰ apart
    expect(compare(halves(0x3c01), halves(0x3c00), fp32).kind).toBe('agrees')
    expect(compare(halves(0x3c02), halves(0x3c00), fp32).kind).toBe('differs')
  })

  it.each<[string, NamedTensors, string, string | null, string | null]>([
    ['a missing output', new Map(), 'missing', null, 'float32[2]'],
    ['another dtype', ints(1, 2), 'shape', 'int32[2]', 'float32[2]'],
    ['another length', floats(1), 'shape', 'float32[1]', 'float32[2]'],
    [
      'another rank',
      new Map([['y', as('float32', Float32Array.of(1, 2), [1, 2])]]),
      'shape',
      'float32[1,2]',
      'float32[2]',
    ],
    ['an output too many', new Map([...floats(1, 2), ['z', as('bool', Uint8Array.of(1))]]), 'extra', 'bool[1]', null],
  ])('finds %s', (_, posted, kind, printed, replayed) => {
    for (const rule of rules)
      expect(differenceOf(compare(posted, floats(1, 2), rule))).toMatchObject({ kind, posted: printed, replayed })
  })

  it('shows the worst of several outputs, and the closest to failing when all agree', () => {
    const three = (a: number, b: number, c: number) =>
      new Map([
        ['a', as('float32', Float32Array.of(a))],
        ['b', as('float32', Float32Array.of(b))],
        ['c', as('float32', Float32Array.of(c))],
      ])
    const reference = three(1, 1, 1)
    expect(differenceOf(compare(three(1.1, 1.5, 1.2), reference, fp32)).output).toBe('b')
    expect(compare(three(1.00001, 1.00005, 1), reference, fp32)).toMatchObject({ kind: 'agrees', output: 'b' })
  })

  it('does not let a whole number of unknown margin hide a wrong number', () => {
    const both = (label: number, value: number) => new Map([['a', ints(label).get('y') as Tensor], ...floats(value)])
    expect(differenceOf(compare(both(1, 5), both(2, 1), fp32))).toMatchObject({ output: 'y', kind: 'distance' })
    expect(differenceOf(compare(both(1, 1), both(2, 1), fp32))).toMatchObject({ output: 'a', kind: 'discrete' })
  })

  it('finds a whole number wrong that nothing can have rounded', () => {
    const forms = new Map([['y', { kind: 'exact' } as const]])
    const found = compareReplay(ints(1), { outputs: ints(2), forms, scores: new Map() }, fp32)
    expect(differenceOf(found)).toMatchObject({ kind: 'bits', posted: '1', replayed: '2' })
  })

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('blames nobody by the tolerance %s', (tolerance) => {
    expect(compare(floats(1), floats(2), { precision: 'fp32', tolerance }).kind).toBe('incomparable')
  })

  it('blames nobody when the replay gave nothing', () => {
    expect(compare(floats(1), new Map(), fp32).kind).toBe('incomparable')
  })

  it.each([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])('reads the half-precision pattern %i as %d', (bits, number) => {
    expect(halfToNumber(bits)).toBe(number)
  })
})
