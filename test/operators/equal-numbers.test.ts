import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Terms } from '../../protocol/arithmetic/bounds.ts'
import { bitsOf } from '../../protocol/arithmetic/float32.ts'
import { excludes } from '../../protocol/arithmetic/range.ts'
import { operators } from '../../protocol/operators/table.ts'
import { View } from '../../protocol/operators/view.ts'
import { float32 } from '../corpus/inputs.ts'

const bounds: readonly Terms[] = [
  { rule: 'worstCase', lambda: 0 },
  { rule: 'probabilistic', lambda: 16 },
  { rule: 'probabilistic', lambda: 8 },
]

/** What a plain loop in single precision makes of `count` equal numbers. */
function looped(value: number, count: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum = Math.fround(sum + value)
  return sum
}

// A blank image, or silence: each step of the loop rounds the same way, so the errors add up instead of cancelling out.
test.each(['ReduceSum', 'ReduceMean'])('no bound convicts a plain loop over equal numbers, in %s', (type) => {
  const drift = fc.record({
    value: fc.float({ min: Math.fround(0.001), max: 1000, noNaN: true }),
    count: fc.constantFrom(1024, 4096, 9216),
  })
  fc.assert(
    fc.property(drift, ({ value, count }) => {
      const sum = looped(value, count)
      const made = type === 'ReduceSum' ? sum : Math.fround(sum / count)
      const view = new View(float32([count], new Float32Array(count).fill(value)))
      for (const terms of bounds) {
        const query = { terms, attributes: [0n, 0n, 0n], inputs: [view], output: 0, dims: [], index: 0 }
        const range = operators.get(type)?.element(query)
        expect(range?.kind).toBe('interval')
        expect(range && excludes(range, BigInt(bitsOf(made)))).toBe(false)
      }
    }),
    { numRuns: 200, seed: 4 },
  )
})
