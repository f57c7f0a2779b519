import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IndexProcess, startIndex } from '../../index/support/index-process.ts'
import type { ApiStage } from './api-stage.ts'

/** Low limits, and a cost that lets everything get as far as them. */
const TIGHT = {
  GAINSAY_API_TIMEOUT_MS: '1000',
  GAINSAY_API_MAX_ANSWER_BYTES: String(2 ** 20),
  GAINSAY_API_MAX_COST: String(1e9),
}

/** What becomes of a query that takes too long, or has too large an answer, as a client of the endpoint sees it. */
export function testTight(at: () => ApiStage): void {
  describe('an index with tight limits', () => {
    let index: IndexProcess

    beforeAll(async () => {
      Object.assign(process.env, TIGHT)
      index = await startIndex(at().stage).finally(() => {
        for (const name of Object.keys(TIGHT)) delete process.env[name]
      })
      // Nothing else may be in the way of the questions below.
      for (let blockNumber = 0n; blockNumber < BigInt(await at().stage.head()); )
        blockNumber = await index.answer<{ index: { blockNumber: string } }>('{ index { blockNumber } }').then(
          ({ data }) => BigInt(data?.index.blockNumber ?? 0),
          () => 0n,
        )
    })
    afterAll(() => index?.stop())

    const refusal = async (query: string) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${index.apiUrl}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      })
      const { data, errors } = (await answer.json()) as {
        data?: unknown
        errors?: { message: string; extensions?: { code?: string } }[]
      }
      return { data: data ?? null, message: errors?.[0]?.message, code: errors?.[0]?.extensions?.code }
    }

    test('ends a query that takes too long, says so, and goes on answering', async () => {
      // All results of the nodes of all results, and of these: a million rows. All are at hand after a few questions to the
      // database, so that nothing but their number takes time, and no timer would go off in the midst of it.
      const inner = Array.from({ length: 60 }, (_, i) => `a${i}: results(first: 40) { items { id } }`).join(' ')
      const around = (list: string) => `results(first: 40) { items { node { ${list} } } }`
      const slow = await refusal(`{ ${around(around(around(inner)))} }`)
      expect(slow).toEqual({
        data: null,
        message: expect.stringMatching(/took longer than 1000 ms: ask for smaller pages/),
        code: 'TOO_SLOW',
      })
      await expect
        .poll(() => refusal('{ index { chainId } }'), { timeout: 20_000 })
        .toMatchObject({
          data: { index: { chainId: at().stage.chainId } },
        })
    })

    test('keeps an answer back that is too large', async () => {
      const hashes = Array.from({ length: 250 }, (_, i) => `a${i}: transactionHash`).join(' ')
      const query = `{ results(first: 40) { items { node { results(first: 40) { items { ${hashes} } } } } } }`
      await expect
        .poll(() => refusal(query), { timeout: 20_000 })
        .toEqual({
          data: null,
          message: expect.stringMatching(/the answer is larger than 1048576 bytes: ask for smaller pages/),
          code: 'TOO_LARGE',
        })
    })
  })
}
