import { expect, test } from 'vitest'
import type { IndexProcess } from '../../index/support/index-process.ts'
import type { Stage } from '../../index/support/stage.ts'
import { rawFacts } from './raw-facts.ts'
import { dayOf, rawStatistics } from './raw-numbers.ts'

/** What holds of exports, of whatever was played before. */
export function testExports(at: () => { stage: Stage; index: IndexProcess }): void {
  const exported = async (file: string) => {
    const response = await fetch(`${at().index.apiUrl}/export/${file}`)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const rows = async (file: string) =>
    (await exported(file)).text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, string | number | null>)

  test('every table of the history is exported whole, each row once, in both formats', async () => {
    const { index } = at()
    const lists = [
      'models',
      'nodes',
      'requests',
      'results',
      'challenges',
      'convictions',
      'demands',
      'payouts',
      'timeline',
    ]
    const counts = await index.ask<Record<string, { totalCount: number }>>(
      `{ ${lists.map((list) => `${list} { totalCount }`).join(' ')} }`,
    )
    // Longer than a page, or paging is not seen.
    expect(counts.timeline?.totalCount).toBeGreaterThan(50)
    const { tables } = (await (await fetch(`${index.apiUrl}/export`)).json()) as { tables: string[] }
    for (const table of tables) {
      const json = await rows(`${table}.jsonl`)
      expect(new Set(json.map((row) => JSON.stringify(row))).size, table).toBe(json.length)
      if (lists.includes(table)) expect(json, table).toHaveLength(counts[table]?.totalCount as number)
      const csv = await exported(`${table}.csv`)
      expect(csv.status).toBe(200)
      // No text of this play has a line break in it.
      const [head, ...lines] = csv.text.trimEnd().split('\n')
      expect(lines, table).toHaveLength(json.length)
      if (json[0]) expect(head).toBe(Object.keys(json[0]).join(','))
    }
  })

  test('rows are those of GraphQL, amounts as decimal strings', async () => {
    const { index } = at()
    const json = await rows('results.jsonl')
    const { results } = await index.ask<{ results: { items: Record<string, unknown>[] } }>(
      `{ results(first: 1000) { items { id outputHash bond status windowEnd postedAt settledAt blockNumber blockHash transactionHash
        logIndex request { id } model { id } node { id } } } }`,
    )
    const flat = results.items.map(({ request, model, node, ...row }) => ({
      ...row,
      requestId: (request as { id: string }).id,
      modelId: (model as { id: string }).id,
      nodeId: (node as { id: string }).id,
    }))
    const byId = (a: object, b: object) => ((a as { id: string }).id < (b as { id: string }).id ? -1 : 1)
    expect(json).toMatchObject(flat.sort(byId))
    expect(json).toEqual([...json].sort(byId))
  })

  test('days are exported with their numbers', async () => {
    const facts = await rawFacts(at().stage)
    const daily = await rows('daily.jsonl')
    // Longer than the first page.
    expect(daily.length).toBeGreaterThan(50)
    for (const { scope, subjectId, day, ...row } of daily) {
      const about = scope === 'total' ? {} : { [`${scope}Id`]: subjectId }
      const {
        open: _,
        challengeRate: __,
        fraudRate: ___,
        ...counts
      } = rawStatistics(facts, (d) => d === day, about).counts
      expect(row).toMatchObject(counts)
    }
  })

  test('a period takes the rows that began in it', async () => {
    const facts = await rawFacts(at().stage)
    const day = dayOf(facts.results.at(-1)?.at as bigint)
    const [from, below] = [Date.parse(day) / 1000, Date.parse(day) / 1000 + 86_400]
    const onDay = facts.results.filter((result) => dayOf(result.at) === day).length
    expect(await rows(`results.jsonl?from=${from}&below=${below}`)).toHaveLength(onDay)
    expect(await rows(`results.jsonl?from=${day}`)).toHaveLength(
      facts.results.filter((result) => dayOf(result.at) >= day).length,
    )
    expect(await rows(`results.jsonl?below=${day}`)).toHaveLength(
      facts.results.filter((result) => dayOf(result.at) < day).length,
    )
    const days = new Set((await rows(`daily.jsonl?from=${day}&below=${below}`)).map((row) => row.day))
    expect([...days]).toEqual([day])
  })

  test('what cannot be exported is refused with what can be', async () => {
    for (const file of ['secrets.csv', 'models.xml', 'toString.csv', 'models', '__proto__.jsonl']) {
      const { status, text } = await exported(file)
      expect(status, file).toBe(404)
      expect(text).toContain('models, nodes')
    }
    expect((await exported('nodes.csv?from=1')).text).toContain('leave from and below away')
    expect(await exported('results.csv?from=tomorrow')).toMatchObject({ status: 400 })
    const head = await fetch(`${at().index.apiUrl}/export/models.csv`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8'])
  })

  test('says as of which block it is at least, to whoever asks', async () => {
    const { headers } = await exported('models.csv')
    expect(BigInt(headers.get('gainsay-block') as string)).toBe(await at().stage.head())
    expect(headers.get('access-control-allow-origin')).toBe('*')
  })
}
