import { readFileSync } from 'node:fs'
import {
  buildClientSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statuses } from '../../../protocol/status.ts'
import { examples } from '../../../src/api/graphql/examples.ts'
import { askIndex, askOpenRequests } from '../../../watcher/index-client.ts'
import { CHALLENGE_BOND } from '../../index/support/stage.ts'
import { type ApiStage, sent, startApiStage } from './api-stage.ts'
import { testClients } from './clients.ts'
import { testLive } from './live.ts'
import { testTight } from './tight.ts'

let it: ApiStage

beforeAll(async () => {
  it = await startApiStage({ GAINSAY_API_RATE: '5', GAINSAY_API_PROXIES: '1', GAINSAY_API_MAX_SUBSCRIPTIONS: '20' })
})
afterAll(() => it?.stop())

const ask = <T = Record<string, never>>(query: string, variables = {}) => it.index.ask<T>(query, variables)

test('introspection gives the schema that is checked in', async () => {
  const schema = buildClientSchema(await ask<IntrospectionQuery>(getIntrospectionQuery({ descriptions: true })))
  const file = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8')
  expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(file)
})

test.each(examples().filter(({ name }) => name !== 'live'))(
  'the example $name has an answer, and something in it',
  async ({ query, question }) => {
    expect(question).toMatch(/^[A-Z].*\?$/)
    const { data, errors } = await it.index.answer<Record<string, unknown>>(query)
    expect(errors).toBeUndefined()
    for (const [name, list] of Object.entries(data ?? {})) {
      const items = Array.isArray(list) ? list : ((list as { items?: unknown[] } | null)?.items ?? [list])
      expect(
        items.filter((item) => item !== null),
        name,
      ).not.toHaveLength(0)
    }
  },
)

test('lists of many rows, which are read together, are those of each row alone', async () => {
  interface List {
    items: { id: string }[]
    endCursor: string | null
    totalCount: number
  }
  interface Node {
    id: string
    newest: List
    oldest: List
    none: List
  }
  const page = '{ items { id } endCursor pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount }'
  const lists = `id newest: results(first: 2) ${page} oldest: results(first: 3, direction: asc) ${page} none: requests ${page}`
  const { nodes } = await ask<{ nodes: { items: Node[] } }>(`{ nodes { items { ${lists} } } }`)
  expect(nodes.items.length).toBeGreaterThan(1)
  for (const node of nodes.items)
    expect((await ask<{ node: Node }>(`{ node(id: "${node.id}") { ${lists} } }`)).node).toEqual(node)
  // One of them has more than a page of each, and they are not the same.
  const busy = nodes.items.find(({ newest }) => newest.totalCount > 3)
  expect([busy?.newest.items.length, busy?.oldest.items.length]).toEqual([2, 3])
  expect(busy?.newest.endCursor).not.toBeNull()
  expect(busy?.newest.items[0]).not.toEqual(busy?.oldest.items[0])
  const { errors } = await it.index.answer('{ nodes { items { id results(first: 0) { items { id } } } } }')
  expect(errors?.[0]?.message).toMatch(/first must be between 1 and 1000/)
})

test('the watcher has its questions answered', async () => {
  expect((await askIndex(it.index.apiUrl, { status: [...statuses] })).results.length).toBeGreaterThan(10)
  expect((await askOpenRequests(it.index.apiUrl)).length).toBeGreaterThan(0)
})

test('inputs and outputs are shown as numbers, to the last digit', async () => {
  const tensor =
    '{ reason source byteLength tensorCount tensors { name dtype shape size firstValues statistics { min max nans } } }'
  const { result } = await ask<{ result: { outputTensors: unknown; request: { inputTensors: unknown } } }>(
    `{ result(id: "${it.tensors.resultId}") { outputTensors ${tensor} request { inputTensors ${tensor} } } }`,
  )
  const about = { reason: null, source: 'inline', tensorCount: 1 }
  expect(result.request.inputTensors).toEqual({
    ...{ ...about, byteLength: (sent.input.length - 2) / 2 },
    tensors: [
      {
        ...{ name: 'x', dtype: 'int64', shape: [2, 1], size: 2, firstValues: ['4611686018427387905', '-3'] },
        statistics: { min: '-3', max: '4611686018427387905', nans: 0 },
      },
    ],
  })
  expect(result.outputTensors).toMatchObject({
    ...about,
    tensors: [{ dtype: 'float32', firstValues: ['0.1', 'NaN', '-2'], statistics: { min: '-2', max: '0.1', nans: 1 } }],
  })
  const { result: other } = await ask<{ result: { outputTensors: unknown } }>(
    `{ result(id: "${it.played.results.posted}") { outputTensors ${tensor} } }`,
  )
  expect(other.outputTensors).toMatchObject({ tensors: null, reason: expect.stringMatching(/no encoding of tensors/) })
})

test('a transaction leads to its action and its result, and back, with every wei that it moved', async () => {
  const id = it.played.results.challenged
  const { result } = await ask<{
    result: { challenge: { transactionHash: string }; actions: unknown; entries: unknown }
  }>(
    `{ result(id: "${id}") { challenge { transactionHash } actions { kind transactions { hash } } entries { kind amount } } }`,
  )
  const { transactionHash } = result.challenge
  expect(result.actions).toEqual([{ kind: 'challenge', transactions: [{ hash: transactionHash }] }])
  const { transaction } = await ask<{ transaction: { gasPaid: string; entries: unknown[] } }>(
    `{ transaction(hash: "${transactionHash}") { state gasPaid sender { id ledger { account { id } } }
      action { kind value gasPaid result { id } entries { kind wallet stake } } entries { kind amount } } }`,
  )
  const { gasPaid } = transaction
  const me = it.stage.cast.otherWatcher
  expect(transaction).toMatchObject({
    ...{ state: 'mined', sender: { id: me, ledger: { account: { id: me } } } },
    action: { kind: 'challenge', value: String(CHALLENGE_BOND), gasPaid, result: { id } },
  })
  expect(transaction.entries).toHaveLength(2)
  expect(transaction.entries).toEqual(
    expect.arrayContaining([
      { kind: 'bonded', amount: String(CHALLENGE_BOND) },
      { kind: 'gas', amount: gasPaid },
    ]),
  )
  expect(result.entries).toHaveLength(2)
  const { ledgers } = await ask<{
    ledgers: { stake: string; differences: unknown; sums: { kind: string; count: number }[] }[]
  }>(
    '{ ledgers { stake differences { what } sums { kind amount count } entries(first: 2, direction: asc) { totalCount items { kind } } } }',
  )
  expect(ledgers).toHaveLength(1)
  expect(ledgers[0]).toMatchObject({ stake: String(3n * CHALLENGE_BOND), differences: [], entries: { totalCount: 6 } })
  expect(ledgers[0]?.sums.find(({ kind }) => kind === 'bonded')).toEqual({
    ...{ kind: 'bonded', amount: String(3n * CHALLENGE_BOND), count: 3 },
  })
})

test('whatever links to something is linked to by it', async () => {
  const { cast } = it.stage
  const answer = await ask<Record<string, never>>(
    `query ($node: Hex!, $arbiter: Hex!, $registrant: Hex!, $id: Hex!, $withheld: Hex!, $stranger: Hex!) {
      node: account(id: $node) { id node { account { id } } results(first: 1) { items { node { id } } } }
      arbiter: account(id: $arbiter) { arbitrates { items { arbiter { id } } } rejections { items { rejectedBy { id } cause } } }
      registrant: account(id: $registrant) { models { totalCount items { registrant { id } sameFile { totalCount } } } }
      stranger: account(id: $stranger) { timeline { items { actorAccount { id } } } supplied { items { supplier { id } } } }
      result(id: $id) { conviction { challenge { conviction { id } } } payouts { account { payouts { totalCount } } } }
      challenge(id: $withheld) { demands { items { challenge { id } } } appeals { totalCount } result { challenge { id } } }
      replays(where: { verdict: [invalid], nodeId: $node }, first: 1) { totalCount items { result { replay { verdict } } } }
    }`,
    {
      ...{ node: cast.node, arbiter: cast.arbiter, registrant: cast.registrant, stranger: cast.stranger },
      ...{ id: it.played.results.convicted, withheld: it.played.results.withheld },
    },
  )
  expect(answer).toMatchObject({
    node: { node: { account: { id: cast.node } }, results: { items: [{ node: { id: cast.node } }] } },
    arbiter: { rejections: { items: [{ rejectedBy: { id: cast.arbiter }, cause: 'ruling' }] } },
    registrant: {
      models: { totalCount: 2, items: [{ registrant: { id: cast.registrant }, sameFile: { totalCount: 3 } }, {}] },
    },
    stranger: { supplied: { items: [{ supplier: { id: cast.stranger } }] } },
    result: { conviction: { challenge: { conviction: { id: it.played.results.convicted } } } },
    challenge: { demands: { items: [{ challenge: { id: it.played.results.withheld } }] } },
    replays: { items: [{ result: { replay: { verdict: 'invalid' } } }] },
  })
})

test('lists turn round, and go back as they came', async () => {
  interface Page {
    results: {
      items: { id: string }[]
      pageInfo: { startCursor: string; endCursor: string; hasNextPage: boolean; hasPreviousPage: boolean }
    }
  }
  const page = (args: string) =>
    ask<Page>(`{ results(${args}) { items { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`)
  const all = (await page('first: 1000')).results
  const ids = all.items.map(({ id }) => id)
  expect((await page('first: 1000, direction: asc')).results.items.map(({ id }) => id)).toEqual([...ids].reverse())
  const second = (await page(`first: 3, after: "${(await page('first: 3')).results.pageInfo.endCursor}"`)).results
  expect(second.items.map(({ id }) => id)).toEqual(ids.slice(3, 6))
  const back = (await page(`first: 2, before: "${second.pageInfo.startCursor}"`)).results
  expect(back.items.map(({ id }) => id)).toEqual(ids.slice(1, 3))
  expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  expect((await page(`first: 3, before: "${second.pageInfo.startCursor}"`)).results.pageInfo.hasPreviousPage).toBe(
    false,
  )
  const { nodes } = await ask<{ nodes: { items: { slashed: string }[] } }>(
    '{ nodes(orderBy: slashed, direction: asc) { items { slashed } } }',
  )
  const slashed = nodes.items.map((node) => BigInt(node.slashed))
  expect(slashed).toEqual([...slashed].sort((a, b) => (a < b ? -1 : 1)))
})

test('filters by time, amount, actor and cause show what they name and all of it', async () => {
  const { items } = (
    await ask<{
      results: {
        items: {
          id: string
          postedAt: string
          status: string
          challenge: { cause: string | null } | null
          request: { requester: { id: string } }
        }[]
      }
    }>('{ results(first: 1000) { items { id postedAt status challenge { cause } request { requester { id } } } } }')
  ).results
  const middle = BigInt(items[Math.floor(items.length / 2)]?.postedAt as string)
  const requester = it.stage.cast.otherRequester
  const answer = await ask<Record<string, { items: { id: string }[]; totalCount: number }>>(
    `query ($middle: BigInt!, $requester: Hex!, $watcher: Hex!) {
      late: results(first: 1000, where: { postedAt: { from: $middle } }) { items { id } }
      early: results(first: 1000, where: { postedAt: { below: $middle } }) { items { id } }
      causes: results(first: 1000, where: { cause: [silence, ruling] }) { items { id } }
      requester: results(first: 1000, where: { requesterId: $requester }) { items { id } }
      challenged: results(first: 1000, where: { challengerId: $watcher }) { totalCount items { id } }
      open: challenges(first: 1000, where: { open: true }) { totalCount items { id } }
      fees: requests(first: 1000, where: { fee: { from: "77", below: "78" } }) { totalCount items { id } }
      huge: payouts(where: { amount: { from: "${'9'.repeat(78)}" } }) { totalCount items { id } }
    }`,
    { middle: String(middle), requester, watcher: it.stage.cast.otherWatcher },
  )
  const ids = (list: string) => new Set(answer[list]?.items.map(({ id }) => id))
  const those = (is: (row: (typeof items)[number]) => boolean) => new Set(items.filter(is).map(({ id }) => id))
  expect(ids('late')).toEqual(those((row) => BigInt(row.postedAt) >= middle))
  expect(ids('early')).toEqual(those((row) => BigInt(row.postedAt) < middle))
  expect(ids('causes')).toEqual(those((row) => ['silence', 'ruling'].includes(row.challenge?.cause ?? '')))
  expect(ids('requester')).toEqual(those((row) => row.request.requester.id === requester))
  expect(ids('open')).toEqual(those((row) => ['challenged', 'revealed'].includes(row.status)))
  expect(answer).toMatchObject({ challenged: { totalCount: 4 }, fees: { totalCount: 1 }, huge: { totalCount: 0 } })
})

describe('too much is refused, and what to do is said', () => {
  test.each([
    [
      'a costly query',
      '{ nodes(first: 1000) { items { results(first: 1000) { items { id } } } } }',
      /may cost 1002001, and the limit is 100000: ask for smaller pages/,
    ],
    [
      'a deep one',
      `{ result(id: "0x") { ${'request { result { '.repeat(7)}id${' } }'.repeat(7)} } }`,
      /deeper than 12 fields/,
    ],
    [
      'many aliases',
      `{ ${Array.from({ length: 400 }, (_, i) => `a${i}: index { chainId }`).join(' ')} }`,
      /1000 tokens/,
    ],
    [
      'introspection in circles',
      '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
      /more than 2 lists of fields/,
    ],
    [
      'numbers beyond all',
      `{ payouts(where: { amount: { from: "${'9'.repeat(79)}" } }) { totalCount } }`,
      /at most 78 digits/,
    ],
    [
      'too many values',
      `{ result(id: "%") { outputTensors { tensors { firstValues(first: 10001) } } } }`,
      /between 0 and 10000/,
    ],
  ])('%s', async (_, query, message) => {
    const { errors } = await it.index.answer(query.replace('%', it.tensors.resultId))
    expect(errors?.[0]?.message).toMatch(message)
  })

  test('a long question', async () => {
    const body = JSON.stringify({ query: '{ index { chainId } }', variables: { x: 'x'.repeat(300_000) } })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${it.index.apiUrl}/graphql`, { method: 'POST', headers, body })
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([
      413,
      expect.stringMatching(/larger than 262144 bytes/),
    ])
  })

  test('many questions from one address, and from no other', async () => {
    const from = (address: string, path = '/graphql?query={index{chainId}}') =>
      fetch(it.index.apiUrl + path, { headers: { 'x-forwarded-for': `6.6.6.6, ${address}` } })
    const answers = await Promise.all(Array.from({ length: 120 }, () => from('203.0.113.5')))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(50)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(JSON.stringify(await refused[0]?.json())).toMatch(
      /more than 5 requests a second from your address: try again in/,
    )
    const elsewhere = await Promise.all(
      Array.from({ length: 60 }, () => from('203.0.113.5', '/ponder?query={_meta{status}}')),
    )
    expect(elsewhere.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    expect((await from('203.0.113.6')).status).toBe(200)
  })
})

test('GraphiQL comes from this machine alone, with the examples', async () => {
  const answer = await fetch(`${it.index.apiUrl}/graphql`, { headers: { accept: 'text/html' } })
  const page = await answer.text()
  expect(page.length).toBeGreaterThan(1_000_000)
  expect(page.slice(0, 5000)).not.toMatch(/<(script|link|iframe|img)[^>]*(src|href)="(https?:)?\/\//)
  for (const { question } of examples()) expect(page).toContain(question)
})

testClients(() => it)
testLive(() => it)
testTight(() => it)
