import { expect, test } from 'vitest'
import { difference, type Seen } from '../../../src/api/live/difference.ts'
import { Feed } from '../../../src/api/live/feed.ts'
import { live, type Source, WINDOW_ROWS } from '../../../src/api/live/live.ts'

const row = (id: string, second: number): Seen => ({ id, timestamp: BigInt(second) })

test('what is new is told oldest first, and what a reorg undid as such', () => {
  const before = [row('c', 3), row('b', 2), row('a', 1)]
  expect(difference(before, [row('e', 4), row('d', 3), ...before], 10)).toEqual({
    ...{ added: ['d', 'e'], undone: [], gap: false },
  })
  expect(difference(before, [row('c2', 3), row('b', 2), row('a', 1)], 10)).toEqual({
    ...{ added: ['c2'], undone: ['c'], gap: false },
  })
})

test('what only moves out of sight is not undone, and what was never in sight is a gap', () => {
  const before = [row('c', 3), row('b', 2), row('a', 1)]
  expect(difference(before, [row('d', 4), row('c', 3), row('b', 2)], 3)).toMatchObject({ undone: [], gap: false })
  // In the oldest second in sight it cannot be told.
  expect(difference(before, [row('d', 2), row('c', 3), row('x', 2)], 3).undone).toEqual([])
  expect(difference(before, [row('f', 9), row('e', 8), row('d', 7)], 3)).toMatchObject({ undone: [], gap: true })
})

/** An index whose rows a test sets. */
function stand() {
  let looks = 0
  let rows: Seen[] = []
  const source: Source<{ id: string }> = {
    head: async () => ({ blockNumber: BigInt(rows.length), timestamp: 0n }),
    newest: async (most) => {
      looks++
      return rows.slice(0, most)
    },
    changes: async (ids) => new Map(ids.map((id) => [id, { id }])),
  }
  return { source, set: (next: Seen[]) => (rows = next), looks: () => looks }
}

test('one look serves every subscriber, each gets what it selects, and without any there is none', async () => {
  const index = stand()
  const subscribe = live(index.source, 5)
  index.set([row('a', 1)])
  const ended: string[] = []
  const all = await subscribe(
    ({ changes }) => changes.map(({ id, undone }) => `${undone ? '-' : '+'}${id}`),
    () => ended.push('all'),
  )
  const heads = await subscribe(
    ({ head }) => (head ? [head.blockNumber] : []),
    () => ended.push('heads'),
  )
  index.set([row('c', 3), row('b', 2), row('a', 1)])
  expect([await all.next(), await all.next()].map(({ value }) => value)).toEqual(['+b', '+c'])
  expect((await heads.next()).value).toBe(3n)
  index.set([row('a', 1)])
  expect([await all.next(), await all.next()].map(({ value }) => value)).toEqual(['-c', '-b'])
  const waiting = all.next()
  await all.return()
  await heads.return()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(ended).toEqual(['all', 'heads'])
  await new Promise((resolve) => setTimeout(resolve, 30))
  const looks = index.looks()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(index.looks()).toBe(looks)
})

test('who missed something is told so, and its subscription ends', async () => {
  const index = stand()
  const subscribe = live(index.source, 5)
  const feed = await subscribe(
    ({ changes }) => changes,
    () => {},
  )
  const flood = Array.from({ length: WINDOW_ROWS + 1 }, (_, i) => row(`r${i}`, 10_000 - i))
  index.set(flood)
  expect((await feed.next()).value).toMatchObject({ extensions: { code: 'GAP' } })
  expect(await feed.next()).toEqual({ done: true, value: undefined })
})

test('a reader that does not read gets no endless queue, but the reason why it ended', async () => {
  let ends = 0
  const feed = new Feed<number>(3, () => ends++)
  const why = new Error('too slow')
  for (let i = 0; i < 10; i++) feed.push(i, why)
  expect(await feed.next()).toEqual({ done: false, value: why })
  expect(await feed.next()).toEqual({ done: true, value: undefined })
  await feed.return()
  expect(ends).toBe(1)
})
