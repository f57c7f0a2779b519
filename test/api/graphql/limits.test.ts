import { getIntrospectionQuery, getOperationAST, parse, validate } from 'graphql'
import { type Context, Hono } from 'hono'
import { expect, test } from 'vitest'
import { examples } from '../../../src/api/graphql/examples.ts'
import { graphiql } from '../../../src/api/graphql/graphiql.ts'
import { clientAddress, networkOf } from '../../../src/api/graphql/limits/client-address.ts'
import { costOf } from '../../../src/api/graphql/limits/cost.ts'
import { guard } from '../../../src/api/graphql/limits/guard.ts'
import { introspectionLimit } from '../../../src/api/graphql/limits/introspection.ts'
import { rateLimit } from '../../../src/api/graphql/limits/rate.ts'
import { jsonSize } from '../../../src/api/graphql/limits/size.ts'
import { gainsaySchema } from '../../../src/api/graphql/schema.ts'

const schema = gainsaySchema()

function cost(query: string, variables: Record<string, unknown> = {}): number {
  const document = parse(query)
  expect(validate(schema, document)).toEqual([])
  const operation = getOperationAST(document)
  return operation ? costOf(schema, document, operation, variables) : Number.NaN
}

test.each([
  ['{ index { blockNumber } }', {}, 1],
  // A page and its rows.
  ['{ results(first: 100) { items { id status } endCursor } }', {}, 101],
  ['{ results { items { id } } }', {}, 51],
  ['query ($n: Int) { results(first: $n) { items { id } } }', { n: 7 }, 8],
  ['query ($n: Int) { results(first: $n) { items { id } } }', {}, 51],
  ['query ($n: Int = 3) { results(first: $n) { items { id } } }', { n: null }, 51],
  ['{ results(first: 100) { items { model { arbiter { id } } } } }', {}, 301],
  ['{ nodes(first: 10) { items { results(first: 20) { items { id } } } } }', {}, 1 + 10 + 10 * 21],
  // A list without pages counts as ten, fragments wherever they are spread, aliases each.
  ['{ result(id: "0x") { timeline { id } } }', {}, 2],
  ['{ result(id: "0x") { timeline { actorAccount { id } } } }', {}, 12],
  ['{ results(first: 10) { items { ...a ...a } } } fragment a on Result { model { id } }', {}, 31],
  ['{ a: index { chainId } b: index { chainId } }', {}, 2],
  // However many are asked for, a result has few demands.
  ['{ results(first: 100) { items { demands(first: 1000) { items { demander { id } } } } } }', {}, 101 + 100 * 21],
  ['{ results(first: -5) { items { model { id } } } }', {}, 1],
])('%s with %j costs %i', (query, variables, units) => {
  expect(cost(query, variables)).toBe(units)
})

test('nested lists cost too much, and what is absurd is never cheap', () => {
  expect(cost('{ nodes(first: 1000) { items { results(first: 1000) { items { id } } } } }')).toBeGreaterThan(1e6)
  const deep = Array.from({ length: 5 }, () => 'account { node { results(first: 1000) { items { node {').join(' ')
  const query = `{ nodes(first: 1000) { items { ${deep} id ${'} } } } }'.repeat(5)} } } }`
  expect(cost(query)).toBeGreaterThan(1e15)
})

test('the standard introspection passes, and one that walks in circles does not', () => {
  const errorsOf = (query: string) => validate(schema, parse(query), [introspectionLimit(2)])
  expect(errorsOf(getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true }))).toEqual([])
  expect(errorsOf('{ __type(name: "Result") { fields { type { name } } } }')).toEqual([])
  const bomb = `{ __schema { types { ${'fields { type { '.repeat(3)} name ${'} } '.repeat(3)} } } }`
  expect(errorsOf(bomb)[0]?.message).toMatch(/more than 2 lists of fields/)
  const parts = Array.from({ length: 30 }, (_, i) => `fragment f${i} on __Type { ...f${i + 1} ...f${i + 1} }`)
  const hidden = `{ __schema { types { ...f0 } } } ${parts.join(' ')} fragment f30 on __Type { fields { type { fields { type { inputFields { name } } } } } }`
  expect(errorsOf(hidden)[0]?.message).toMatch(/more than 2 lists of fields/)
})

test('who comes too often waits until the bucket has filled again, and nobody else does', () => {
  let now = 0
  const wait = rateLimit({ perSecond: 2, burst: 4 }, () => now)
  expect([1, 2, 3, 4, 5].map(() => wait('a'))).toEqual([0, 0, 0, 0, 1])
  expect(wait('b')).toBe(0)
  now = 500
  expect([wait('a'), wait('a')]).toEqual([0, 1])
  now = 1_000_000
  expect([1, 2, 3, 4, 5].map(() => wait('a'))).toEqual([0, 0, 0, 0, 1])
  for (let i = 0; i < 10_000; i++) wait(`other ${i}`)
  expect(wait('a')).toBe(0)
})

test('who asks too often is told when to come again, on every guarded path together, and nobody else is', async () => {
  const app = new Hono()
  const guards = guard({ rate: 1, proxies: 1 })
  for (const path of ['/graphql', '/ponder']) app.use(path, ...guards).get(path, (c) => c.text('answer'))
  const from = (address: string, path = '/graphql') => app.request(path, { headers: { 'x-forwarded-for': address } })
  for (let i = 0; i < 10; i++) expect((await from('203.0.113.5')).status).toBe(200)
  const refused = await from('203.0.113.5', '/ponder')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'TOO_OFTEN' } }] })
  expect((await from('203.0.113.6')).status).toBe(200)
})

test('GraphiQL is loaded from this machine, with the examples as its tabs', async () => {
  const { renderGraphiQL, graphiql: options } = graphiql()
  const page = String(await renderGraphiQL?.(options as never))
  expect(page.length).toBeGreaterThan(1_000_000)
  for (const { question } of examples()) expect(page).toContain(question)
  // A tab is called by its query's name.
  for (const name of ['query Latest {', 'query HowItCameAbout {', 'subscription Live {']) expect(page).toContain(name)
})

test('an address is the one that our own proxies saw, and the machine itself has none', () => {
  const from = (remoteAddress: string, forwarded?: string) =>
    ({
      env: { incoming: { socket: { remoteAddress } } },
      req: { header: () => forwarded },
    }) as unknown as Context
  expect(clientAddress(from('203.0.113.7'), 0)).toBe('203.0.113.7')
  expect(clientAddress(from('::ffff:203.0.113.7', '9.9.9.9'), 0)).toBe('203.0.113.7')
  expect(clientAddress(from('127.0.0.1'), 0)).toBeUndefined()
  expect(clientAddress(from('::1'), 1)).toBeUndefined()
  expect(clientAddress(from('127.0.0.1', '6.6.6.6, 203.0.113.9'), 1)).toBe('203.0.113.9')
  expect(clientAddress(from('10.0.0.1', '6.6.6.6, 203.0.113.9, 10.0.0.2'), 2)).toBe('203.0.113.9')
  // Said to be the machine itself by a client: still somebody else.
  expect(clientAddress(from('10.0.0.1', '127.0.0.1'), 1)).toBe('127.0.0.1')
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(networkOf('2001:DB8::5%eth0')).toBe('2001:db8:0:0::/64')
})

test('the size of an answer is about that of its JSON, and counting stops early', () => {
  const answer = { data: { items: Array.from({ length: 100 }, (_, i) => ({ id: `0x${i}`, ok: true, n: null })) } }
  const size = JSON.stringify(answer).length
  expect(Math.abs(jsonSize(answer, 1e9) - size) / size).toBeLessThan(0.5)
  expect(
    jsonSize(
      [...Array(100)].map(() => 'x'.repeat(1000)),
      5000,
    ),
  ).toBeLessThan(8000)
})
