import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Tensor } from '../../protocol/tensor.ts'
import { elementsOf } from '../../verdict/elements.ts'
import { logitDistance } from '../../verdict/logit.ts'

const U = 2 ** -24
const floats = (values: number[]) =>
  elementsOf({
    dtype: 'float32',
    dims: [values.length],
    data: new Uint8Array(Float32Array.from(values).buffer),
  } as Tensor)
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))
const softmax = (z: number[]) => {
  const top = Math.max(...z)
  const e = z.map((one) => Math.exp(one - top))
  const sum = e.reduce((all, one) => all + one, 0)
  return e.map((one) => one / sum)
}
const logits = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 8 })
const small = fc.double({ min: -1, max: 1, noNaN: true })

describe('logitDistance', () => {
  it.each(['sigmoid', 'tanh'] as const)('never finds more than the logits of a %s moved, on their scale', (kind) => {
    const f = kind === 'sigmoid' ? sigmoid : Math.tanh
    fc.assert(
      fc.property(logits, fc.array(small, { minLength: 8, maxLength: 8 }), (z, steps) => {
        const moved = z.map((one, i) => one + 1e-3 * (steps[i] as number))
        const { distance } = logitDistance(kind, floats(moved.map(f)), floats(z.map(f)), U)
        const scale = Math.max(1, ...z.map((one) => Math.min(Math.abs(one), 16)))
        // The scale is read off the rounded outputs, so it is known to within a few per cent near saturation.
        expect(distance * scale).toBeLessThanOrEqual(1e-3 * 1.1)
      }),
      { numRuns: 1000 },
    )
  })

  it('never finds more than the logits of a softmax moved', () => {
    fc.assert(
      fc.property(logits, fc.array(small, { minLength: 8, maxLength: 8 }), (z, steps) => {
        const moved = z.map((one, i) => one + 1e-3 * (steps[i] as number))
        expect(logitDistance('softmax', floats(softmax(moved)), floats(softmax(z)), U).distance).toBeLessThanOrEqual(
          1e-3,
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('sees in a nearly saturated sigmoid what the plain distance does not', () => {
    const [a, b] = [sigmoid(-6), sigmoid(-6.01)]
    expect(Math.abs(a - b)).toBeLessThan(2.5e-5)
    expect(logitDistance('sigmoid', floats([a]), floats([b]), U).distance).toBeGreaterThan(1e-3)
  })

  it('sees it in a softmax as well', () => {
    const [a, b] = [softmax([0, -9]), softmax([0, -9.02])]
    expect(Math.abs((a[1] as number) - (b[1] as number))).toBeLessThan(2.5e-5)
    expect(logitDistance('softmax', floats(a), floats(b), U).distance).toBeGreaterThan(5e-4)
  })

  it('forgives what implementations of one function differ by', () => {
    fc.assert(
      fc.property(logits, fc.constantFrom(-1, 1), (z, sign) => {
        const p = z.map(sigmoid)
        const q = p.map((one) => one + sign * 3 * U)
        expect(logitDistance('sigmoid', floats(q), floats(p), U).distance).toBeLessThan(1e-9)
        const s = softmax(z)
        const t = s.map((one) => one * (1 + sign * 3 * U))
        expect(logitDistance('softmax', floats(t), floats(s), U).distance).toBeLessThan(1e-9)
      }),
    )
  })

  it.each([
    ['both saturated at one end', [1], [1 - U]],
    ['both at the other', [0], [1e-9]],
    ['above and at one', [1.5], [1]],
    ['a vanished probability', [0], [1e-38]],
  ])('finds no gap for %s', (_, given, reference) => {
    expect(logitDistance('sigmoid', floats(given), floats(reference), U).distance).toBe(0)
  })

  it('finds no gap between two probabilities that some runtimes flush to zero, but one to any larger', () => {
    expect(logitDistance('softmax', floats([0, 1]), floats([1e-38, 1]), U).distance).toBe(0)
    expect(logitDistance('softmax', floats([0, 1]), floats([1e-9, 1]), U).distance).toBeGreaterThan(0.1)
  })

  it('finds a wide gap between the two ends', () => {
    expect(logitDistance('sigmoid', floats([0]), floats([1]), U).distance).toBeGreaterThan(1)
  })
})
