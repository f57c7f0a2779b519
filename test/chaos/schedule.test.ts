import { describe, expect, test } from 'vitest'
import { shortForm } from './forms.ts'
import { DEEPEST_REORG, LONGEST_STANDSTILL, scheduleOf } from './schedule.ts'
import { nameOf, type Scheduled, troubleNames } from './trouble.ts'

const seeds = Array.from({ length: 60 }, (_, i) => i + 1)
const names = (list: readonly Scheduled[]) => new Set(list.map(nameOf))
const standstills = new Set(['blackout', 'fullDisk', 'feeSpike', 'indexDies'])

describe('the schedule of a chaos run', () => {
  test('is the same for the same seed and length, and another for another seed', () => {
    expect(scheduleOf(7, 150)).toEqual(scheduleOf(7, 150))
    expect(new Set(seeds.map((seed) => JSON.stringify(scheduleOf(seed, 150)))).size).toBe(seeds.length)
  })

  test('has every trouble in half an hour, whatever the seed', () => {
    for (const seed of seeds) expect([...names(scheduleOf(seed, 150))].sort()).toEqual([...troubleNames].sort())
  })

  test('has every trouble in the ten short runs together', () => {
    const all = new Set(shortForm.seeds.flatMap((seed) => [...names(scheduleOf(seed, shortForm.minutes * 5))]))
    expect([...all].sort()).toEqual([...troubleNames].sort())
    expect(shortForm.seeds).toHaveLength(10)
  })

  test.each(seeds)('leaves windows that can be met (seed %i)', (seed) => {
    const list = scheduleOf(seed, 150)
    const reorgs = list.flatMap((one) => (one.kind === 'reorg' ? [one.depth] : []))
    expect(Math.max(...reorgs)).toBe(DEEPEST_REORG)
    expect(Math.min(...reorgs)).toBeGreaterThan(0)
    const liars = list.flatMap((one) => (one.kind === 'rpc' && one.what === 'lies' ? [one.endpoint] : []))
    expect(new Set(liars).size).toBe(1)
    const still = list.filter(({ kind }) => standstills.has(kind))
    for (const [i, { at, lasts }] of still.entries()) {
      expect(lasts).toBeLessThanOrEqual(LONGEST_STANDSTILL)
      const next = still[i + 1]
      if (next) expect(next.at - (at + lasts)).toBeGreaterThanOrEqual(LONGEST_STANDSTILL)
    }
  })
})
