import { setTimeout as sleep } from 'node:timers/promises'
import { Client, fetchExchange } from '@urql/core'
import { expect, test } from 'vitest'
import { rpc } from '../../index/support/rpc.ts'
import { CHALLENGE_BOND, inline, NOBODY, WINDOW } from '../../index/support/stage.ts'
import type { ApiStage } from './api-stage.ts'

interface Told {
  undone: boolean
  to: string
  resultId: string
  result: { id: string; status: string } | null
}

/** What holds of subscriptions, followed by a standard client. */
export function testLive(at: () => ApiStage): void {
  const clientOf = () =>
    new Client({
      url: `${at().index.apiUrl}/graphql`,
      exchanges: [fetchExchange],
      fetchSubscriptions: true,
      preferGetMethod: false,
    })

  test('a challenge is seen as it happens, and seen to be undone by a reorg', async () => {
    const { stage, index, played } = at()
    const { cast, move } = stage
    const deadline = (await stage.now()) + BigInt(WINDOW)
    const requestId = await move(cast.requester, 'request', [played.models.fp32, NOBODY, inline('live'), deadline], 1n)
    const resultId = await move(cast.node, 'post', [requestId, inline('lively')])
    await index.reached(await stage.head())
    const told: Told[] = []
    const heads: string[] = []
    const query = `subscription ($id: Hex!) { resultChanged(where: { resultIds: [$id] }) { undone to resultId result { id status } } }`
    const changes = clientOf()
      .subscription(query, { id: resultId })
      .subscribe(({ data, error }) => {
        if (error) told.push(error as never)
        if (data) told.push(data.resultChanged)
      })
    const others: unknown[] = []
    const nobody = clientOf()
      .subscription(`subscription { timelineChanged(where: { nodeId: "${cast.otherNode}" }) { id } }`, {})
      .subscribe(({ data }) => others.push(data))
    const following = clientOf()
      .subscription('subscription { indexAdvanced { blockNumber } }', {})
      .subscribe(({ data }) => heads.push(data?.indexAdvanced.blockNumber))
    await sleep(2000)
    const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
    await move(cast.watcher, 'challenge', [resultId], CHALLENGE_BOND)
    await expect
      .poll(() => told, { timeout: 30_000 })
      .toEqual([{ undone: false, to: 'challenged', resultId, result: { id: resultId, status: 'challenged' } }])
    const before = await stage.head()
    await expect.poll(() => heads, { timeout: 30_000 }).toContain(String(before))
    await rpc(stage.rpcUrl, 'evm_revert', snapshot)
    await stage.mine(Number(before - (await stage.head())) + 2)
    await expect
      .poll(() => told.slice(1), { timeout: 60_000 })
      .toEqual([{ undone: true, to: 'challenged', resultId, result: { id: resultId, status: 'posted' } }])
    expect(others).toEqual([])
    for (const one of [changes, nobody, following]) one.unsubscribe()
  })

  test('there are only so many subscriptions from one address, and who leaves makes room', async () => {
    const open = async (address: string) => {
      const leave = new AbortController()
      const answer = await fetch(`${at().index.apiUrl}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-forwarded-for': address },
        body: JSON.stringify({ query: 'subscription { indexAdvanced { blockNumber } }' }),
        signal: leave.signal,
      })
      const reader = answer.body?.getReader()
      let text = ''
      for (let i = 0; i < 2 && !text.includes('event:'); i++) {
        const part = await Promise.race([reader?.read(), sleep(1000)])
        text += part?.value ? new TextDecoder().decode(part.value) : ''
      }
      return { leave, text }
    }
    const first = await open('203.0.113.20')
    const second = await open('203.0.113.20')
    const third = await open('203.0.113.20')
    expect([first.text, second.text].join()).not.toContain('error')
    expect(third.text).toContain('there are 2 subscriptions from your address already: end one first')
    expect((await open('203.0.113.21')).text).not.toContain('error')
    first.leave.abort()
    await expect
      .poll(async () => (await open('203.0.113.20')).text, { timeout: 20_000, interval: 500 })
      .not.toContain('error')
  })
}
