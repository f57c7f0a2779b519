import { request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { examples } from '../../src/api/graphql/examples.ts'
import { addressesOf } from './addresses.ts'
import type { ExplorerStage } from './stage.ts'
import { evil } from './wares.ts'

/** Most bytes of a first paint: the page, its style and its script, as they travel. */
const FIRST_PAINT_BYTES = 100_000

/** What holds of the pages as any client gets them, without a browser. */
export function testFetched(at: () => ExplorerStage): void {
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(at().index.apiUrl + path, { redirect: 'manual', ...init })
    return { status: response.status, headers: response.headers, body: await response.text() }
  }
  const text = async (path: string) => {
    const { body } = await get(path)
    return body
      .slice(body.indexOf('<main'))
      .replace(/<[^>]*>/g, ' ')
      .replaceAll('&quot;', '"')
      .replace(/\s+/g, ' ')
  }

  test('every page there is can be had, and what there is not says so', async () => {
    for (const [name, path] of Object.entries(addressesOf(at()))) {
      const { status, headers } = await get(path)
      expect(status, name).toBe(name === 'missing' ? 404 : 200)
      expect(headers.get('content-type'), name).toContain('text/html')
    }
    for (const path of ['/results/0x12', '/models/nothing', '/nodes/0x', '/accounts/%3Cscript%3E', '/requests/1'])
      expect((await get(path)).status, path).toBe(404)
    expect((await get(`/results?after=${'9'.repeat(3000)}`)).status).toBe(414)
  })

  test('no page may run or fetch anything but its own files', async () => {
    for (const [name, path] of Object.entries(addressesOf(at()))) {
      const { headers, body } = await get(path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy, name).toContain("default-src 'none'")
      expect(policy, name).toContain("script-src 'self';")
      expect(policy, name).toContain("style-src 'self';")
      expect(policy, name).not.toContain('unsafe')
      // Nothing that the policy would have to stop is there in the first place.
      expect(body.match(/<script(?! src="\/assets\/)/g), name).toBeNull()
      expect(body.match(/<style|\sstyle="|\son\w+="/g), name).toBeNull()
      expect(body.match(/(href|src|action)="(?!\/|#|https:|ipfs:|data:image\/png;base64,)/g), name).toBeNull()
      expect(headers.get('x-content-type-options'), name).toBe('nosniff')
    }
  })

  test("a stranger's text is text, visible and cut", async () => {
    const { hostile, convicted, played } = at()
    for (const path of [
      `/results/${hostile}`,
      `/results/${convicted}`,
      `/models/${played.models.hostile}`,
      '/models',
    ]) {
      const { body } = await get(path)
      expect(body.length, path).toBeLessThan(400_000)
      expect(body, path).not.toContain('window.hacked=2"')
      expect(body.match(/[\u202a-\u202e\u2066-\u2069]/u), path).toBeNull()
    }
    const { body } = await get(`/results/${hostile}`)
    expect(body).toContain('‹U+202E›')
    expect(body).toContain('(1,048,576 characters)')
    expect((await get(`/results/${convicted}`)).body).toContain('&lt;/script&gt;&lt;script&gt;window.hacked=1')
    const found = await get(`/search?q=${encodeURIComponent(`${evil.name}?`)}`)
    expect(found.body).toContain('&lt;img src=x')
    expect(found.body).not.toContain('<img src=x')
    // The watcher's verdicts quote it, one of them with a megabyte.
    const answer = await get('/docs?query=verdicts')
    expect(answer.body).toContain('&lt;img src=x')
    expect(answer.body.length).toBeLessThan(100_000)
    expect(answer.body.match(/[\u202a-\u202e\u2066-\u2069]/u)).toBeNull()
  })

  test('a first paint is small and arrives compressed', async () => {
    for (const [name, path] of Object.entries(addressesOf(at()))) {
      const { body } = await get(path)
      const assets = [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, one]) => one as string)
      const sizes = await Promise.all([path, ...new Set(assets)].map((one) => transferred(at().index.apiUrl + one)))
      expect(assets.length, name).toBeGreaterThan(1)
      expect(
        sizes.reduce((sum, size) => sum + size, 0),
        name,
      ).toBeLessThan(FIRST_PAINT_BYTES)
      expect(sizes[0], name).toBeLessThan(body.length)
    }
  })

  test('a page that has not changed is not sent again', async () => {
    const path = `/results/${at().convicted}`
    // How far the index is stands at the foot of the page, so two answers may differ once.
    for (let tries = 0; ; tries++) {
      const { headers } = await get(path)
      const { status, body } = await get(path, { headers: { 'if-none-match': headers.get('etag') as string } })
      if (status === 304 || tries === 3) {
        expect(status).toBe(304)
        expect(body).toBe('')
        break
      }
    }
    expect((await get(path, { headers: { 'if-none-match': '"another"' } })).status).toBe(200)
  })

  test('a convicted result says at its top that it is wrong, and then why, by whom, and who was paid', async () => {
    const { convicted, stage } = at()
    const page = await text(`/results/${convicted}`)
    expect(page).toMatch(
      /Do not rely on it.*The contract itself convicted it.*element 3 of "probabilities" \(Softmax\)/,
    )
    expect(page).toContain('the output deviates by 0.89, 89,000 times what is tolerated')
    for (const status of ['requested', 'posted', 'challenged', 'revealed', 'rejected']) expect(page).toContain(status)
    expect(page).toContain('reward for showing that it is wrong')
    expect(page).toContain('number 3: posted 0.9, replayed 0.01')
    const { body } = await get(`/results/${convicted}`)
    expect(body).toContain(`/accounts/${stage.cast.convictor}`)
    expect(body).toMatch(/aria-label="Deviation 0.89 beyond the tolerance 1.00e−5/)
    expect(body).toMatch(/class="guilty"><title>3: Softmax Softmax_3/)
    expect(body).toMatch(/<img class="pixels" src="data:image\/png;base64,/)
    // Whoever has the proof before it is on chain could take the reward.
    expect(body).not.toMatch(/70726f6f66|73616c74/)
  })

  test('what is open says that it is not to be relied on yet, and until when', async () => {
    const { played, stage } = at()
    for (const fate of ['posted', 'challenged', 'revealed', 'demanded'] as const) {
      const page = await text(`/results/${played.results[fate]}`)
      expect(page, fate).toContain('Do not rely on it yet')
      expect(page, fate).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/)
    }
    expect(await text(`/results/${at().valid}`)).toContain('Can be relied on')
    expect(await text(`/requests/${played.requests.expired}`)).toContain('There is no result')
    expect((await get(`/requests/${played.requests.posted}`)).headers.get('location')).toBe(
      `/results/${played.results.posted}`,
    )
    const disputed = await text(`/results/${played.results.demanded}`)
    expect(disputed).toContain('Demands and appeals')
    expect(disputed).toContain('supplied')
    expect(stage.cast.watcher).toBeDefined()
  })

  test('filters live in the address and show what they name and nothing else', async () => {
    const { played, convicted, hostile, valid, stage } = at()
    const ids = async (query: string) => [
      ...new Set(
        [...(await get(`/results?${query}`)).body.matchAll(/\/results\/(0x[0-9a-f]{64})/g)].map(([, id]) => id),
      ),
    ]
    const ofFates = (...fates: (keyof typeof played.results)[]) => fates.map((fate) => played.results[fate])
    expect((await ids('status=rejected')).sort()).toEqual(
      [...ofFates('silent', 'ruled', 'convicted', 'withheld'), convicted].sort(),
    )
    expect((await ids(`status=finalized&model=${played.models.exact}`)).sort()).toEqual(ofFates('unpaid'))
    expect((await ids('verdict=invalid&network=gainsay')).sort()).toEqual([convicted, hostile].sort())
    expect(await ids('verdict=invalid&status=rejected')).toEqual([convicted])
    expect(await ids('verdict=valid&network=gainsay')).toEqual([valid])
    expect(await ids(`verdict=invalid&node=${stage.cast.otherNode}`)).toEqual([hostile])
    expect(await ids('verdict=undetermined&network=gainsay')).toEqual([])
    expect(await ids('verdict=invalid&network=opengradient')).toEqual([at().opengradient.results.get('scheduled 1')])
    const wrong = await text('/results?status=perhaps&model=0x12&node=me&verdict=no')
    for (const word of ['status is one of', 'model is a model id', 'node is an address', 'verdict is one of'])
      expect(wrong).toContain(word)
  })

  test('a search leads to the page of any id, hash or address, in any case and with or without 0x', async () => {
    const { played, stage, convicted, modelHash, index } = at()
    const leads = async (query: string) => (await get(`/search?q=${query}`)).headers.get('location')
    expect(await leads(convicted)).toBe(`/results/${convicted}`)
    expect(await leads(convicted.toUpperCase().replace('X', 'x'))).toBe(`/results/${convicted}`)
    expect(await leads(convicted.slice(2))).toBe(`/results/${convicted}`)
    expect(await leads(convicted.slice(0, 30))).toBe(`/results/${convicted}`)
    expect(await leads(played.requests.open)).toBe(`/requests/${played.requests.open}`)
    expect(await leads(played.models.fp32)).toBe(`/models/${played.models.fp32}`)
    expect(await leads(stage.cast.node)).toBe(`/nodes/${stage.cast.node}`)
    expect(await leads(stage.cast.requester)).toBe(`/accounts/${stage.cast.requester}`)
    const { paid } = played.demands
    expect(await leads(paid as string)).toBe(`/results/${played.results.vindicated}#demand-${paid}`)
    const { result } = await index.ask<{ result: { transactionHash: string } }>(
      `{ result(id: "${convicted}") { transactionHash } }`,
    )
    expect(await leads(result.transactionHash)).toBe(`/results/${convicted}`)
    // All three models were registered with one file.
    expect(await text(`/search?q=${modelHash}`)).toContain('3 things match')
    expect(await text('/search?q=hello')).toContain(
      'Only hexadecimal ids, and what other networks call their results, are searched',
    )
    expect(await text(`/search?q=${'f'.repeat(64)}`)).toContain('Nothing matches')
  })

  test('models, nodes, accounts, watcher and docs show what they are about', async () => {
    const { played, stage, convicted } = at()
    expect(await text(`/models/${played.models.fp32}`)).toMatch(/probabilistic, λ = 8.*4 operators/)
    expect(await text('/models')).toMatch(/all 4 operators|in part/)
    const node = await text(`/nodes/${stage.cast.node}`)
    expect(node).toMatch(/Rejected 3/)
    const account = await text(`/accounts/${stage.cast.watcher}`)
    for (const word of ['What it challenged', 'What it demanded', 'Where it called on an arbiter'])
      expect(account).toContain(word)
    const watcher = await text('/watcher')
    // Three of the contract's, and all of OpenGradient's.
    expect(watcher).toContain(`Results seen ${3 + at().opengradient.results.size} `)
    expect(watcher).toContain('0.00006476 ETH')
    const docs = await text('/docs?query=latest')
    expect(docs).toContain('"items"')
    expect(docs).not.toContain('"errors"')
    expect(docs).toMatch(/finalized yes .*rejected no/)
    const overview = await text('/')
    expect(overview).toMatch(/Fraud caught 5/)
    expect(overview).toMatch(/; \d+ more are recorded/)
    expect((await get('/')).body).toContain(`/results/${convicted}`)
  })

  test('analytics count what happened on the days of the address, in charts and in words', async () => {
    const page = await text('/analytics')
    const { stage } = at()
    const { analytics } = await at().index.ask<{
      analytics: { statistics: { results: number; requests: number; fraudRate: { value: number } } }
    }>('{ analytics { statistics { results requests fraudRate { value } } } }')
    const { results, requests, fraudRate } = analytics.statistics
    expect(results).toBeGreaterThan(5)
    expect(page).toContain(`Results ${results} of ${requests} requests`)
    expect(page).toContain(`Fraud ${(100 * fraudRate.value).toFixed(0)} % of settled`)
    const { body } = await get('/analytics')
    expect(body).toMatch(/aria-label="Results: Results from 0 to [\d,]+, at the end /)
    expect(body).toMatch(/aria-label="Concentration: results by node from /)
    expect(body).toContain(`/accounts/${stage.cast.convictor}`)
    const before = await text('/analytics?from=2020-01-01&to=2020-01-31')
    expect(before).toContain('From 2020-01-01 to 2020-01-31')
    expect(before).toContain('Results 0 of 0 requests')
    const wrong = await text('/analytics?from=yesterday&to=2020-02-30')
    expect(wrong).toContain('Not looked at: from: a day is YYYY-MM-DD')
    expect(wrong).toContain('Not looked at: to: a day is YYYY-MM-DD')
    expect(wrong).toContain(`Results ${results} of`)
    expect(await text('/analytics?from=2021-01-01&to=2020-01-01')).toContain('from must not be after to')
    expect(await text('/analytics?from=1970-01-01')).toContain('at most 3660 days at once')
  })

  test('answers every question of the cookbook', async () => {
    const { body } = await get('/docs')
    const asked = [...new Set([...body.matchAll(/\/docs\?query=([a-z-]+)/g)].map(([, id]) => id))]
    // All but the one that goes on and on.
    expect(asked).toEqual(
      examples()
        .map(({ name }) => name)
        .filter((name) => name !== 'live'),
    )
    for (const { question } of examples()) expect(body).toContain(question.replaceAll("'", '&#39;'))
    expect(await text('/docs?query=live')).not.toContain('"data"')
    for (const id of asked) {
      const answer = await text(`/docs?query=${id}`)
      expect(answer, id).toContain('"data"')
      expect(answer, id).not.toContain('"errors"')
    }
  })
}

/** Bytes of an answer's body as they travel: `fetch` would unpack them first. */
function transferred(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
      })
      response.on('end', () => resolve(size))
      response.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
}
