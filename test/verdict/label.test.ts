import { describe, expect, it } from 'vitest'
import type { Tensor } from '../../protocol/tensor.ts'
import { elementsOf } from '../../verdict/elements.ts'
import { labelDistance } from '../../verdict/label.ts'

const scoresOf = (dims: number[], ...values: number[]): Tensor => ({
  dtype: 'float32',
  dims,
  data: new Uint8Array(Float32Array.from(values).buffer),
})
const labels = (...values: number[]) =>
  elementsOf({ dtype: 'int64', dims: [values.length], data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) })

describe('labelDistance', () => {
  it('is half of how much worse the score is, on the scale of the scores', () => {
    const scores = scoresOf([1, 3], 10, 4, 8)
    expect(labelDistance(labels(0), labels(0), scores, 1)).toEqual({ distance: 0, at: 0 })
    expect(labelDistance(labels(2), labels(0), scores, 1)).toEqual({ distance: 0.1, at: 0 })
    expect(labelDistance(labels(1), labels(0), scores, -1)?.distance).toBeCloseTo(0.3)
  })

  it('looks along the axis, at the element that each label belongs to', () => {
    // scores[row][class][column]: 2 × 3 × 2
    const scores = scoresOf([2, 3, 2], ...[0, 1, 0.5, 0, 1, 0, /* */ 1, 0, 0, 0.25, 0, 1])
    const right = [2, 0, 0, 2]
    expect(labelDistance(labels(...right), labels(...right), scores, 1)?.distance).toBe(0)
    expect(labelDistance(labels(1, 0, 0, 2), labels(...right), scores, 1)).toEqual({ distance: 0.25, at: 0 })
    expect(labelDistance(labels(2, 0, 0, 1), labels(...right), scores, 1)).toEqual({ distance: 0.375, at: 3 })
  })

  it('lets ranks of nearly equal scores change places, but names none twice', () => {
    const scores = scoresOf([4], 0.9, 0.9001, 0.5, 0.1)
    expect(labelDistance(labels(0, 1), labels(1, 0), scores, 0)?.distance).toBeCloseTo(0.00005, 6)
    expect(labelDistance(labels(1, 1), labels(1, 0), scores, 0)?.distance).toBe(Number.POSITIVE_INFINITY)
    expect(labelDistance(labels(1, 2), labels(1, 0), scores, 0)?.distance).toBeCloseTo(0.2)
  })

  it.each([-1, 3, 2 ** 40])('finds the label %d, which is no position, infinitely far', (label) => {
    expect(labelDistance(labels(label), labels(0), scoresOf([3], 3, 2, 1), 0)?.distance).toBe(Number.POSITIVE_INFINITY)
  })

  it.each<[string, Tensor, number]>([
    ['scores that are not numbers', scoresOf([3], 1, Number.NaN, 0), 0],
    ['scores that are not finite', scoresOf([3], 1, Number.POSITIVE_INFINITY, 0), 0],
    ['an axis that is none', scoresOf([3], 1, 2, 3), 4],
    ['labels that do not fit the scores', scoresOf([3, 2], 1, 2, 3, 4, 5, 6), 0],
    ['whole scores', { dtype: 'int32', dims: [2], data: new Uint8Array(Int32Array.of(1, 2).buffer) }, 0],
  ])('concludes nothing from %s', (_, scores, axis) => {
    expect(labelDistance(labels(1), labels(0), scores, axis)).toBeUndefined()
  })
})
