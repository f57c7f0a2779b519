import { expect, test } from 'vitest'
import { afterAnswer, afterFault, afterLie, retryAfterMs, WELL } from '../../chain/rpc/rest.ts'

test('Retry-After may be seconds or a date, and nonsense is as if it were not there', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(retryAfterMs('3', now)).toBe(3000)
  expect(retryAfterMs('0.5', now)).toBe(500)
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:07 GMT', now)).toBe(7000)
  expect(retryAfterMs('Thu, 01 Jan 2015 00:00:07 GMT', now)).toBe(0)
  for (const nonsense of [null, '', 'soon', 'NaN', 'Infinity']) expect(retryAfterMs(nonsense, now)).toBeUndefined()
})

test('rests double up to half a minute, a timeout counts for more, and one answer ends them', () => {
  const rests: number[] = []
  let condition = WELL
  for (let i = 0; i < 10; i++) {
    condition = afterFault(condition, 'failed', 1000)
    rests.push(condition.restUntil - 1000)
  }
  expect(rests).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  expect(afterFault(WELL, 'timeout', 0).restUntil).toBe(2000)
  expect(afterAnswer(condition, 1001)).toEqual(WELL)
})

test('a pause that is asked for is kept, but not one of a week', () => {
  const limited = afterFault(WELL, 'limited', 0, 7 * 86_400_000)
  expect(limited).toMatchObject({ resting: 'limited', restUntil: 120_000 })
  expect(afterAnswer(limited, 10)).toBe(limited)
  expect(afterAnswer(limited, 120_001).resting).toBeNull()
  // A shorter one does not cut a longer one off.
  expect(afterFault(limited, 'limited', 10, 1000).restUntil).toBe(120_000)
})

test('a liar rests longer each time, whatever it answers in between', () => {
  const first = afterLie(WELL, 'it lies', 0)
  expect(first).toMatchObject({ resting: 'quarantined', restUntil: 60_000 })
  expect(afterAnswer(first, 10)).toBe(first)
  expect(afterFault(first, 'failed', 10)).toBe(first)
  const second = afterLie(afterAnswer(first, 60_001), 'it lies', 60_001)
  expect(second.restUntil - 60_001).toBe(120_000)
  let again = second
  for (let i = 0; i < 20; i++) again = afterLie(again, 'it lies', 0)
  expect(again.restUntil).toBe(3_600_000)
})
