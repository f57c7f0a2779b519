import fc from 'fast-check'
import { expect, it } from 'vitest'
import { distance, floatsOf, withFloats } from '../../demo/distance.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { measure } from '../../verdict/measure.ts'

const floats = (...values: number[]): Tensor =>
  withFloats({ dtype: 'float32', dims: [values.length], data: new Uint8Array() }, Float32Array.from(values))
const y = (tensor: Tensor): NamedTensors => new Map([['y', tensor]])
const anyValues = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1 })

it('is the largest difference, on the scale of the reference when that is above one', () => {
  expect(distance(y(floats(0.5, 0.25)), y(floats(0.25, 0.25)))).toBe(0.25)
  expect(distance(y(floats(12, 0)), y(floats(8, 0)))).toBe(0.5)
  expect(distance(new Map([...y(floats(1)), ['z', floats(3)]]), new Map([...y(floats(1)), ['z', floats(1)]]))).toBe(2)
})

it('is zero for the same tensors and only for them', () => {
  fc.assert(
    fc.property(anyValues, fc.nat(), (values, at) => {
      const tensor = floats(...values)
      expect(distance(y(tensor), y(tensor))).toBe(0)
      const other = floatsOf(tensor)
      other[at % other.length] = (other[at % other.length] as number) + 1e6
      expect(distance(y(withFloats(tensor, other)), y(tensor))).toBeGreaterThan(0)
    }),
  )
})

it.each<[string, NamedTensors, NamedTensors]>([
  ['NaN in the output', y(floats(Number.NaN)), y(floats(1))],
  ['NaN in the reference', y(floats(1)), y(floats(Number.NaN))],
  ['NaN after a large difference', y(floats(9, Number.NaN)), y(floats(1, 1))],
  ['infinity', y(floats(Number.POSITIVE_INFINITY)), y(floats(1))],
  ['another name', new Map([['z', floats(1)]]), y(floats(1))],
  ['a missing output', new Map(), y(floats(1))],
  ['one output more', new Map([...y(floats(1)), ['z', floats(1)]]), y(floats(1))],
  ['another shape', y({ ...floats(1, 2), dims: [1, 2] }), y(floats(1, 2))],
  ['another dtype', y({ ...floats(1), dtype: 'int32' }), y(floats(1))],
  ['whole numbers that differ', y({ ...floats(1), dtype: 'int32' }), y({ ...floats(2), dtype: 'int32' })],
])('is infinite for %s', (_, outputs, reference) => {
  expect(distance(outputs, reference)).toBe(Number.POSITIVE_INFINITY)
})

it('is zero for whole numbers that are equal', () => {
  expect(distance(y({ ...floats(1), dtype: 'int32' }), y({ ...floats(1), dtype: 'int32' }))).toBe(0)
})

it('is, of squashed outputs, what the watcher finds too, though the two share no code', () => {
  const probability = fc.float({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.array(fc.tuple(probability, probability), { minLength: 1, maxLength: 6 }), (pairs) => {
      const [a, b] = [floats(...pairs.map(([p]) => p)), floats(...pairs.map(([, p]) => p))]
      for (const kind of ['sigmoid', 'softmax'] as const) {
        const mine = distance(y(a), y(b), new Map([['y', kind]]))
        const theirs = measure(a, b, { kind }, undefined)?.distance ?? 0
        if (mine !== theirs) expect(mine).toBeCloseTo(theirs, 7)
      }
    }),
    { numRuns: 2000 },
  )
})
