import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { envelopeOf } from '../../verdict/envelope.ts'
import type { Form, Replayed } from '../../verdict/form.ts'
import { nudged } from '../../verdict/nudge.ts'

const floats = (...values: number[]): Tensor => ({
  dtype: 'float32',
  dims: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
})
const replayed = (tensors: Record<string, Tensor>, form?: Form, scores: Record<string, Tensor> = {}): Replayed => ({
  outputs: new Map(Object.entries(tensors)),
  forms: new Map(form ? Object.keys(tensors).map((name) => [name, form]) : []),
  scores: new Map(Object.entries(scores)),
})

describe('envelopeOf', () => {
  it('is the largest distance of any variant, for each output by itself', () => {
    const of = (a: number, b: number) => replayed({ a: floats(a), b: floats(b) })
    const envelope = envelopeOf(of(1, 100), [of(1.5, 100), of(1, 110), of(0.75, 100)])
    expect(envelope).toEqual(
      new Map([
        ['a', 0.5],
        ['b', 0.1],
      ]),
    )
    expect(envelopeOf(of(1, 1), [])).toEqual(
      new Map([
        ['a', 0],
        ['b', 0],
      ]),
    )
  })

  it('is infinite where variants lack an output, give another shape or no number', () => {
    const one = replayed({ y: floats(1) })
    for (const other of [replayed({}), replayed({ y: floats(1, 2) }), replayed({ y: floats(Number.NaN) })])
      expect(envelopeOf(one, [other]).get('y')).toBe(Number.POSITIVE_INFINITY)
  })

  it('looks at the scores of a label, which move before the label does', () => {
    const form: Form = { kind: 'label', axis: 0, largest: true }
    const label = { dtype: 'int64', dims: [1], data: new Uint8Array(8) } as const
    const of = (...scores: number[]) => replayed({ y: label }, form, { y: floats(...scores) })
    expect(envelopeOf(of(1, 0), [of(1, 0.25)]).get('y')).toBe(0.25)
    expect(envelopeOf(of(1, 0), [replayed({ y: label }, form)]).get('y')).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('nudged', () => {
  it('moves every float32 to a neighbour and leaves zeros, infinities and NaNs', () => {
    const normal = fc.float({ noNaN: true, noDefaultInfinity: true }).filter((x) => Math.abs(x) > 2 ** -125)
    fc.assert(
      fc.property(fc.array(normal, { minLength: 1, maxLength: 50 }), (values) => {
        const [before, after] = [Float32Array.from(values), read(nudged(new Map([['x', floats(...values)]])))]
        const bits = (array: Float32Array) => new Int32Array(array.buffer)
        for (const [i, bit] of bits(before).entries()) {
          const moved = Math.abs((bits(after)[i] as number) - bit)
          // The largest number has no neighbour above it.
          if (Math.abs(before[i] as number) < 3.4e38) expect(moved).toBe(1)
          expect(Number.isFinite(after[i])).toBe(true)
        }
      }),
    )
    const special = [0, -0, Number.POSITIVE_INFINITY, Number.NaN]
    expect([...read(nudged(new Map([['x', floats(...special)]])))]).toEqual(special)
  })

  it('moves up and down, always the same way, and leaves whole numbers alone', () => {
    const ones = new Map([
      ['x', floats(...Array(1000).fill(1))],
      ['n', { dtype: 'int64', dims: [1], data: new Uint8Array(8).fill(7) } as const],
    ])
    const up = read(nudged(ones)).filter((x) => x > 1).length
    expect(up).toBeGreaterThan(400)
    expect(up).toBeLessThan(600)
    expect(nudged(ones)).toEqual(nudged(ones))
    expect(nudged(ones).get('n')).toEqual(ones.get('n'))
  })
})

function read(tensors: NamedTensors): Float32Array {
  return new Float32Array((tensors.get('x') as Tensor).data.slice().buffer)
}
