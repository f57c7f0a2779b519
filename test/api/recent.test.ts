import { expect, test } from 'vitest'
import { recent } from '../../src/api/recent.ts'

test('answers are joined and kept for a moment, failures and old ones are not, and there is a bound', async () => {
  let now = 0
  let fails = false
  const asked: string[] = []
  const kept = recent<string>({ freshMs: 250, size: 2 }, () => now)
  const ask = (id: string) =>
    kept(id, async () => {
      asked.push(id)
      if (fails) throw new Error('no')
      return `${id} at ${now}`
    })
  expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual(['a at 0', 'a at 0', 'b at 0'])
  now = 249
  expect(await ask('a')).toBe('a at 0')
  expect(asked).toEqual(['a', 'b'])
  now = 250
  expect(await ask('a')).toBe('a at 250')
  // b is the oldest now, and goes.
  await ask('c')
  expect(asked).toEqual(['a', 'b', 'a', 'c'])
  await ask('a')
  expect(asked).toHaveLength(4)
  now += 250
  fails = true
  await expect(ask('a')).rejects.toThrow('no')
  fails = false
  expect(await ask('a')).toBe(`a at ${now}`)
})

test('an answer that took long is as old as its question', async () => {
  let now = 0
  const kept = recent<string>({ freshMs: 250, size: 2 }, () => now)
  const slow = kept('a', async () => {
    now += 1000
    return 'old'
  })
  expect(await slow).toBe('old')
  expect(await kept('a', async () => 'new')).toBe('new')
})
