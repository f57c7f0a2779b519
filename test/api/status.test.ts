import { join } from 'node:path'
import { GainsayClient, GainsayError } from 'gainsay/client'
import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openJournal } from '../../journal/open.ts'
import { recordObservation } from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { observationKey } from '../../protocol/observation.ts'
import { openApi } from '../../src/api/status/open-api.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import {
  CHALLENGE_BOND,
  inline,
  NOBODY,
  NODE_BOND,
  type Stage,
  sha256,
  startStage,
  WINDOW,
} from '../index/support/stage.ts'

let stage: Stage
let index: IndexProcess
let client: GainsayClient
let finalized: Hex
let rejected: Hex
let posted: Hex
const nothing = `0x${'ab'.repeat(32)}` as Hex

beforeAll(async () => {
  stage = await startStage()
  const { cast, move, pass } = stage
  const modelId = await move(cast.registrant, 'registerModel', [
    {
      ...{ modelHash: sha256('file'), graphRoot: sha256('graph'), uri: 'ipfs://file', arbiter: cast.arbiter },
      ...{ precision: 1, tolerance: 1n, rule: 0, lambda: 0 },
    },
  ])
  await move(cast.node, 'bond', [], 10n * NODE_BOND)
  const post = async (name: string) => {
    const deadline = (await stage.now()) + 100n
    const requestId = await move(cast.requester, 'request', [modelId, NOBODY, inline(name), deadline], 1n)
    return move(cast.node, 'post', [requestId, inline(`output ${name}`)])
  }
  rejected = await post('rejected')
  await move(cast.watcher, 'challenge', [rejected], CHALLENGE_BOND)
  finalized = await post('finalized')
  await pass(WINDOW + 1)
  await move(cast.stranger, 'claimSilence', [rejected])
  await move(cast.stranger, 'finalize', [finalized])
  posted = await post('posted')
  index = await startIndex(stage)
  await index.reached(await stage.head())
  client = new GainsayClient(index.apiUrl)
})
afterAll(async () => {
  await index?.stop()
  await stage?.stop()
})

const get = (path: string, headers: Record<string, string> = {}) => fetch(index.apiUrl + path, { headers })

describe('the status of a result', () => {
  test('is yes only for what has settled in its favour', async () => {
    expect(await client.status(finalized)).toMatchObject({ reliable: 'yes', status: 'finalized', windowEnd: null })
    expect(await client.status(rejected)).toMatchObject({ reliable: 'no', status: 'rejected', windowEnd: null })
    const open = await client.status(posted)
    expect(open).toMatchObject({
      reliable: 'not yet',
      status: 'posted',
      settledAt: null,
      outputHash: sha256('output posted'),
    })
    expect(BigInt(open?.windowEnd as string)).toBeGreaterThan(await stage.now())
    expect(await client.status(nothing)).toBeNull()
  })

  test('shows what the watcher found, and that it is another thing', async () => {
    expect(await client.status(finalized)).toMatchObject({ verdict: null })
    const journal = await openJournal(join(index.dataDir, 'journal.sqlite'))
    const { result } = await index.ask<{
      result: { blockNumber: string; blockHash: Hex; transactionHash: Hex; logIndex: number }
    }>(`{ result(id: "${finalized}") { blockNumber blockHash transactionHash logIndex } }`)
    const key = observationKey({ ...result, chainId: stage.chainId })
    const names = { requestId: '0x02', modelId: '0x03', node: stage.cast.node, settlement: null }
    const about = { key, resultId: finalized, ...names, blockHash: result.blockHash }
    await recordObservation(journal, { ...about, blockNumber: Number(result.blockNumber) }, 1)
    await recordVerdict(journal, {
      ...{ observationKey: key, kind: 'invalid', step: null, output: null, distance: null, tolerance: null },
      ...{ reason: null, evidence: null, runtimes: '[]', ms: 1, judgedAt: 1, retryAt: null },
    })
    await journal.destroy()
    await expect.poll(() => client.status(finalized)).toMatchObject({ verdict: 'invalid', reliable: 'yes' })
  })

  test('is said again only when it is another', async () => {
    const path = `/results/${finalized}/status`
    const first = await get(path)
    const etag = first.headers.get('etag') as string
    expect(first.headers.get('access-control-allow-origin')).toBe('*')
    expect(first.headers.get('cache-control')).toBe('public, max-age=60')
    expect((await first.text()).length).toBeLessThan(1000)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, { 'if-none-match': known })
      expect([known, again.status, await again.text()]).toEqual([known, 304, ''])
    }
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200)
    expect((await get(`/results/${posted}/status`)).headers.get('cache-control')).toBe('public, max-age=2')
    // In any case, as explorers print ids.
    expect((await get(`/results/0x${finalized.slice(2).toUpperCase()}/status`)).status).toBe(200)
  })

  test('comes in batches of any size for the client, of 200 for the API', async () => {
    const many = Array.from({ length: 450 }, (_, i) => `0x${i.toString(16).padStart(64, '0')}` as Hex)
    const found = await client.statuses([...many, finalized, posted, finalized])
    expect(found.size).toBe(452)
    expect([...found.values()].filter(Boolean).map((status) => status?.id)).toEqual([finalized, posted])
    const tooMany = await get(`/results/status?ids=${many.slice(0, 201).join(',')}`)
    expect([tooMany.status, await tooMany.json()]).toEqual([
      400,
      { error: 'ids: 1 to 200 result ids, separated by commas' },
    ])
    expect((await get('/results/status')).status).toBe(400)
    expect((await get(`/results/status?ids=${finalized},`)).status).toBe(400)
  })

  test.each(['1', 'x'.repeat(5000), '%3Cscript%3Ealert(1)%3C%2Fscript%3E', '0x'])(
    'asked for %s, says what an id is',
    async (id) => {
      for (const what of ['status', 'badge.svg', 'card']) {
        const answer = await get(`/results/${id}/${what}`)
        expect([answer.status, await answer.json()]).toEqual([400, { error: 'a result id is 0x and 64 hex digits' }])
      }
    },
  )
})

describe('what can be embedded', () => {
  test('is a badge', async () => {
    const answer = await fetch(client.badgeUrl(rejected))
    expect(answer.headers.get('content-type')).toBe('image/svg+xml')
    const svg = await answer.text()
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="gainsay: rejected">/)
    expect(svg).not.toMatch(/<script|href|@import|url\(/)
  })

  test('is a card in which nothing can run', async () => {
    const answer = await fetch(client.cardUrl(posted))
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'unsafe-inline'")
    const page = await answer.text()
    expect(page).toContain('Posted, and may still be challenged.')
    expect(page).not.toContain('<script')
  })
})

describe('the client', () => {
  test('relies on nothing that is open, rejected, unknown, or about another output', async () => {
    const outputHash = sha256('output finalized')
    expect(await client.isReliable(finalized)).toBe(true)
    expect(await client.isReliable(finalized, `0x${outputHash.slice(2).toUpperCase()}`)).toBe(true)
    expect(await client.isReliable(finalized, sha256('another'))).toBe(false)
    for (const id of [posted, rejected, nothing]) expect(await client.isReliable(id)).toBe(false)
  })

  test('waits for a settlement, and sees it although it keeps what it knows', async () => {
    const waiting = client.settled(posted, { pollMs: 100 })
    await stage.pass(WINDOW + 1)
    await stage.move(stage.cast.stranger, 'finalize', [posted])
    expect(await waiting).toMatchObject({ status: 'finalized' })
    const away = client.settled(nothing, { pollMs: 100, signal: AbortSignal.timeout(300) })
    await expect(away).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('asks for an unchanged answer without its body', async () => {
    const codes: number[] = []
    const counting: typeof fetch = async (...args) => {
      const response = await fetch(...args)
      codes.push(response.status)
      return response
    }
    const one = new GainsayClient(`${index.apiUrl}/`, { fetch: counting })
    expect(await one.status(rejected)).toEqual(await one.status(rejected))
    expect(codes).toEqual([200, 304])
  })

  test('says what is wrong', async () => {
    await expect(client.status('0x12' as Hex)).rejects.toThrow(GainsayError)
    await expect(client.status('0x12' as Hex)).rejects.toThrow(/^not a result id: .*not 0x12$/)
    const away = new GainsayClient('http://127.0.0.1:9')
    await expect(away.status(finalized)).rejects.toThrow(/the Gainsay API at http:\/\/127.0.0.1:9 does not answer/)
    const proxy: typeof fetch = async () => new Response('<html>bad gateway', { status: 502 })
    await expect(new GainsayClient(index.apiUrl, { fetch: proxy }).isReliable(finalized)).rejects.toMatchObject({
      message: 'the Gainsay API answered 502',
      status: 502,
    })
    // A proxy's own 404 is no word on a result.
    const lost: typeof fetch = async () => new Response('not here', { status: 404 })
    await expect(new GainsayClient(index.apiUrl, { fetch: lost }).status(finalized)).rejects.toMatchObject({
      status: 404,
    })
  })
})

test('the OpenAPI description says what the routes do', async () => {
  expect(await (await get('/openapi.json')).json()).toEqual(openApi)
  const { required, properties } = openApi.components.schemas.ResultStatus
  expect(Object.keys(properties)).toEqual([...required])
  for (const id of [finalized, rejected]) {
    const status = (await client.status(id)) as unknown as Record<string, unknown>
    expect(Object.keys(status).sort()).toEqual([...required].sort())
    for (const [name, value] of Object.entries(status)) {
      const told = properties[name as keyof typeof properties] as {
        enum?: readonly unknown[]
        pattern?: string
        anyOf?: readonly { pattern?: string; type: string }[]
      }
      if (told.enum) expect(told.enum).toContain(value)
      const pattern = told.pattern ?? (value === null ? undefined : told.anyOf?.[0]?.pattern)
      if (pattern) expect(value).toMatch(new RegExp(pattern))
    }
  }
  for (const [path, { get: route }] of Object.entries(openApi.paths)) {
    const url = path.replace('{id}', finalized) + (path.includes('{id}') ? '' : `?ids=${finalized}`)
    const answer = await get(url)
    const [type] = Object.keys(route.responses[200].content)
    expect([url, answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([url, 200, type])
  }
})
