import { expect, test } from 'vitest'
import { FRESH_MS, recently } from '../../src/api/status/recent.ts'

test('answers are joined and kept for a moment, failures and old ones are not, and there is a bound', async () => {
  let now = 0
  let fails = false
  const asked: string[] = []
  const ask = recently(
    async (id) => {
      asked.push(id)
      if (fails) throw new Error('no')
      return `${id} at ${now}`
    },
    2,
    () => now,
  )
  expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual(['a at 0', 'a at 0', 'b at 0'])
  now = FRESH_MS - 1
  expect(await ask('a')).toBe('a at 0')
  expect(asked).toEqual(['a', 'b'])
  now = FRESH_MS
  expect(await ask('a')).toBe(`a at ${FRESH_MS}`)
  // b is the oldest now, and goes.
  await ask('c')
  expect(asked).toEqual(['a', 'b', 'a', 'c'])
  await ask('a')
  expect(asked).toHaveLength(4)
  now += FRESH_MS
  fails = true
  await expect(ask('a')).rejects.toThrow('no')
  fails = false
  expect(await ask('a')).toBe(`a at ${now}`)
})
