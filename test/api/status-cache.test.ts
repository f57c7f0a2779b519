import { expect, test } from 'vitest'
import { FRESH_MS, MAX_BATCH, statusRoutes } from '../../src/api/status/routes.ts'
import { type ResultStatus, resultStatus } from '../../src/api/status/status.ts'

const idOf = (n: number) => `0x${n.toString(16).padStart(64, '0')}`
const facts = (id: string, status: 'posted' | 'finalized'): ResultStatus =>
  resultStatus(
    {
      ...{ id, requestId: '0x01', modelId: '0x02', nodeId: '0x03', outputHash: '0x04', status, windowEnd: 10n },
      ...{ postedAt: 1n, settledAt: status === 'finalized' ? 2n : null, blockNumber: 3n },
      ...{ network: 'gainsay', chainId: 1 },
    },
    null,
  )

/** Routes over an index that the test itself moves. */
function served() {
  const index = new Map<string, ResultStatus>()
  const questions: string[][] = []
  const clock = { now: 0 }
  const app = statusRoutes(
    async (ids) => {
      questions.push([...ids])
      return ids.map((id) => index.get(id) ?? null)
    },
    () => clock.now,
  )
  const get = (n: number, headers: Record<string, string> = {}) =>
    app.request(`/results/${idOf(n)}/status`, { headers })
  const statusOf = async (n: number) => ((await (await get(n)).json()) as { status?: string }).status
  return { index, questions, clock, get, statusOf }
}

test('never says what was true longer ago than it may, after a reorg too', async () => {
  const { index, clock, get, statusOf } = served()
  const id = idOf(1)
  index.set(id, facts(id, 'posted'))
  expect(await statusOf(1)).toBe('posted')
  index.set(id, facts(id, 'finalized'))
  clock.now = FRESH_MS
  expect(await statusOf(1)).toBe('finalized')
  // A reorg takes the settlement back,
  index.set(id, facts(id, 'posted'))
  clock.now += FRESH_MS
  expect(await statusOf(1)).toBe('posted')
  // and another one the whole result.
  index.delete(id)
  clock.now += FRESH_MS
  expect((await get(1)).status).toBe(404)
  // What was not there is not remembered for longer either.
  index.set(id, facts(id, 'posted'))
  clock.now += FRESH_MS
  expect(await statusOf(1)).toBe('posted')
})

test('says that nothing has changed only when nothing has', async () => {
  const { index, clock, get } = served()
  const id = idOf(1)
  index.set(id, facts(id, 'posted'))
  const etag = (await get(1)).headers.get('etag') as string
  expect((await get(1, { 'if-none-match': etag })).status).toBe(304)
  index.set(id, facts(id, 'finalized'))
  clock.now = FRESH_MS
  const changed = await get(1, { 'if-none-match': etag })
  expect([changed.status, changed.headers.get('etag') === etag]).toEqual([200, false])
})

test('many who ask at once are one question, in parts that the database takes', async () => {
  const { index, questions, get } = served()
  for (let n = 0; n < 500; n += 2) index.set(idOf(n), facts(idOf(n), 'posted'))
  const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => get(n)))
  expect(answers.map(({ status }) => status)).toEqual(answers.map((_, n) => (n % 2 === 0 ? 200 : 404)))
  expect(await answers[498]?.json()).toMatchObject({ id: idOf(498) })
  expect(questions.map((ids) => ids.length)).toEqual([MAX_BATCH, MAX_BATCH, 100])
})
