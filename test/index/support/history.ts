import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gainsayAbi } from '../../../abis/Gainsay.ts'
import { rules } from '../../../protocol/arithmetic/bounds.ts'
import { causes, reasons, statuses } from '../../../protocol/status.ts'
import { testConvictions } from './convictions.ts'
import { type IndexProcess, startIndex } from './index-process.ts'
import { type Fate, hostileTexts, type Played, paths, playHistory, playLive } from './play.ts'
import { NODE_BOND, type Stage, startStage } from './stage.ts'

/** A list of the GraphQL API. */
interface Page<Item> {
  items: Item[]
  endCursor: string | null
  totalCount: number
}

/**
 * What holds of the history, whatever database it is in: real chain, real Ponder. Half of the play is over when the
 * index starts and comes by its historical sync, half comes live.
 *
 * @param database starts an empty database and returns its URL, undefined for the embedded one
 */
export function describeHistory(name: string, database: () => Promise<string | undefined>): void {
  describe(`the history on ${name}`, () => {
    let stage: Stage
    let played: Played
    let index: IndexProcess
    const fates = Object.keys(paths) as Fate[]
    const view = (functionName: 'creditOf' | 'freeBondOf' | 'lockedBondOf', of: Hex) =>
      stage.client.readContract({ address: stage.contract, abi: gainsayAbi, functionName, args: [of] })

    beforeAll(async () => {
      stage = await startStage()
      played = await playHistory(stage)
      // Beyond Ponder's finality of 30 blocks, so that all before is history to it.
      await stage.mine(35)
      index = await startIndex(stage, { databaseUrl: await database() })
      await playLive(stage, played)
      await index.reached(await stage.head())
    })
    afterAll(async () => {
      await index?.stop()
      await stage?.stop()
    })

    test('every event of the contract was played, so every handler has run', async () => {
      const emitted = new Set<string>((await stage.events()).map(({ eventName }) => eventName))
      const known = gainsayAbi.filter((item) => item.type === 'event').map((event) => event.name)
      expect(known.filter((event) => !emitted.has(event))).toEqual([])
    })

    testConvictions(() => ({ stage, index, played }))

    test('models show the terms they were registered with', async () => {
      const { models } = await index.ask<{ models: Page<Record<string, unknown> & { id: Hex; uri: string }> }>(
        `{ models { items { id modelHash graphRoot uri precision tolerance rule lambda requestCount registrant { id } arbiter { id } } } }`,
      )
      expect(models.items).toHaveLength(3)
      const events = await stage.events()
      for (const { id, ...shown } of models.items) {
        const terms = await stage.client.readContract({
          ...{ address: stage.contract, abi: gainsayAbi },
          functionName: 'modelOf',
          args: [id],
        })
        expect(shown).toEqual({
          ...{ modelHash: terms.modelHash, graphRoot: terms.graphRoot },
          uri: terms.uri.replaceAll('\0', '\uFFFD'),
          precision: terms.precision === 0 ? 'exact' : 'fp32',
          tolerance: String(terms.tolerance),
          rule: rules[terms.rule],
          lambda: terms.lambda,
          requestCount: events.filter((e) => e.eventName === 'Requested' && e.args.modelId === id).length,
          registrant: { id: id === played.models.hostile ? stage.cast.stranger : stage.cast.registrant },
          arbiter: { id: terms.arbiter.toLowerCase() },
        })
      }
    })

    test("nodes' bonds are the contract's own, and their counts follow from their results", async () => {
      const { nodes } = await index.ask<{
        nodes: Page<Record<string, string | number> & { id: Hex; results: Page<{ status: string }> }>
      }>(
        `{ nodes { totalCount items { id freeBond lockedBond slashed resultCount finalizedCount rejectedCount
          results { items { status } } } } }`,
      )
      expect(nodes.items.map(({ id }) => id).sort()).toEqual([stage.cast.node, stage.cast.otherNode].sort())
      for (const { results, ...node } of nodes.items) {
        const ended = (status: string) => results.items.filter((result) => result.status === status).length
        expect(node).toEqual({
          id: node.id,
          freeBond: String(await view('freeBondOf', node.id)),
          lockedBond: String(await view('lockedBondOf', node.id)),
          slashed: String(NODE_BOND * BigInt(ended('rejected'))),
          resultCount: results.items.length,
          finalizedCount: ended('finalized'),
          rejectedCount: ended('rejected'),
        })
        expect(ended('rejected')).toBeGreaterThan(0)
      }
    })

    test("accounts' credited less withdrawn is what the contract still owes them", async () => {
      for (const id of Object.values(stage.cast)) {
        const { account } = await index.ask<{ account: { credited: string; withdrawn: string } | null }>(
          'query ($id: Hex!) { account(id: $id) { credited withdrawn } }',
          { id },
        )
        const owed = BigInt(account?.credited ?? 0) - BigInt(account?.withdrawn ?? 0)
        expect(owed, id).toBe(await view('creditOf', id))
      }
    })

    test('requests are as the contract stores them', async () => {
      for (const fate of fates) {
        const id = played.requests[fate]
        const { request } = await index.ask<{ request: Record<string, unknown> }>(
          `query ($id: Hex!) { request(id: $id) { requester { id } node { id } model { id } fee deadline status result { id } } }`,
          { id },
        )
        const stored = await stage.client.readContract({
          ...{ address: stage.contract, abi: gainsayAbi },
          functionName: 'requestOf',
          args: [id],
        })
        expect(request, fate).toEqual({
          requester: { id: stored.requester.toLowerCase() },
          node: BigInt(stored.node) === 0n ? null : { id: stored.node.toLowerCase() },
          model: { id: stored.modelId },
          fee: String(stored.fee),
          deadline: String(stored.deadline),
          status: statuses[stored.status],
          result: BigInt(stored.resultId) === 0n ? null : { id: stored.resultId },
        })
        expect(request.status, fate).toBe(paths[fate].at(-1))
      }
    })

    test('results and challenges are as the contract stores them and as its events said', async () => {
      const events = await stage.events()
      for (const fate of fates) {
        const id = played.results[fate]
        if (!id) continue
        const { result } = await index.ask<{
          result: Record<string, unknown> & { challenge: Record<string, unknown> }
        }>(
          `query ($id: Hex!) { result(id: $id) { node { id } windowEnd status bond output blockNumber blockHash transactionHash logIndex settledAt
            challenge { challenger { id } bond traceRoot cause rejectedBy { id } slashed burnt settledAt } } }`,
          { id },
        )
        const stored = await stage.client.readContract({
          ...{ address: stage.contract, abi: gainsayAbi },
          functionName: 'resultOf',
          args: [id],
        })
        const posted = events.find((e) => e.eventName === 'Posted' && e.args.resultId === id)
        expect(result, fate).toMatchObject({
          node: { id: stored.node.toLowerCase() },
          windowEnd: String(stored.windowEnd),
          status: paths[fate].at(-1),
          bond: String(NODE_BOND),
          output: fate === 'hostile' ? null : `0x${Buffer.from(`output of ${fate}`).toString('hex')}`,
          blockNumber: String(posted?.blockNumber),
          blockHash: posted?.blockHash,
          transactionHash: posted?.transactionHash,
          logIndex: posted?.logIndex,
        })
        expect(result.settledAt !== null, fate).toBe(['rejected', 'finalized'].includes(result.status as string))
        if (BigInt(stored.challenger) === 0n) expect(result.challenge, fate).toBeNull()
        else {
          const rejected = events.filter((e) => e.eventName === 'Rejected').find((e) => e.args.resultId === id)
          expect(result.challenge, fate).toMatchObject({
            challenger: { id: stored.challenger.toLowerCase() },
            traceRoot: BigInt(stored.traceRoot) === 0n ? null : stored.traceRoot,
            cause: rejected ? causes[rejected.args.cause] : null,
            rejectedBy: rejected ? { id: rejected.args.by.toLowerCase() } : null,
            slashed: rejected ? String(rejected.args.slashed) : null,
            burnt: rejected ? String(rejected.args.burnt) : null,
            settledAt: result.settledAt,
          })
        }
      }
    })

    test('every credit is a payout with its reason, and no payout is anything else', async () => {
      const { payouts } = await index.ask<{
        payouts: Page<{
          id: string
          account: { id: Hex }
          request: { id: Hex } | null
          result: { id: Hex } | null
          reason: string
          amount: string
        }>
      }>(
        '{ payouts(first: 1000) { totalCount items { id reason amount account { id } request { id } result { id } } } }',
      )
      const requestOf = new Map(fates.map((fate) => [played.results[fate], played.requests[fate]]))
      const credited = (await stage.events()).filter((e) => e.eventName === 'Credited')
      const expected = credited.map(({ args, blockHash, logIndex }) => {
        const result = requestOf.has(args.id) ? { id: args.id } : null
        const request = result ? { id: requestOf.get(args.id) } : { id: args.id }
        return {
          id: `${blockHash}-${logIndex}`,
          account: { id: args.account.toLowerCase() },
          request: reasons[args.reason] === 'unbonded' ? null : request,
          result,
          reason: reasons[args.reason],
          amount: String(args.amount),
        }
      })
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
      expect([...payouts.items].sort(byId)).toEqual(expected.sort(byId))
      expect(new Set(payouts.items.map(({ reason }) => reason))).toEqual(new Set(reasons))
    })

    test("a request's timeline is its path from status to status, by who sent each move", async () => {
      for (const fate of fates) {
        const { request } = await index.ask<{
          request: { timeline: { from: string; to: string; actor: Hex; transactionHash: Hex }[] }
        }>('query ($id: Hex!) { request(id: $id) { timeline { from to actor transactionHash } } }', {
          id: played.requests[fate],
        })
        expect(
          request.timeline.map(({ from, to }) => [from, to]),
          fate,
        ).toEqual(paths[fate].map((to, i) => [i === 0 ? 'none' : paths[fate][i - 1], to]))
        for (const { actor, transactionHash } of request.timeline)
          expect(actor).toBe((await stage.client.getTransaction({ hash: transactionHash })).from)
      }
    })

    test('relations can be walked there and back in one query', async () => {
      const { result } = await index.ask<{ result: never }>(
        `query ($id: Hex!) { result(id: $id) {
          request { result { id } requester { requests { items { result { id } } } } }
          model { results { items { id } } requests { items { result { id } } } }
          node { account { node { results { items { id } } } } }
          challenge { result { id } challenger { challenges { items { result { id } } } } }
          payouts { result { id } account { payouts { items { result { id } } } } request { payouts { result { id } } } }
          timeline { result { id } request { result { id } } }
        } }`,
        { id: played.results.ruled },
      )
      // Every walk must come home: each list at its ends holds the id that one started from.
      for (const [walk, value] of Object.entries(result as Record<string, unknown>)) {
        const ends = leaves(value)
        expect(ends, walk).not.toHaveLength(0)
        for (const end of ends) expect(end, walk).toContain(played.results.ruled)
      }
    })

    test.each([
      ['timeline', ''],
      ['payouts', ''],
      ['results', ''],
      ['requests', 'where: { status: [requested, posted, rejected, finalized] },'],
      ['nodes', ''],
      ['demands', ''],
      ['appeals', 'where: {},'],
    ])('pages of %s show every row once, newest first', async (list, where) => {
      const all = await index.ask<Record<string, Page<{ id: string }>>>(
        `{ ${list}(${where} first: 1000) { totalCount items { id } endCursor } }`,
      )
      const seen: string[] = []
      let after: string | null = null
      do {
        const answer: Record<string, Page<{ id: string }>> = await index.ask(
          `query ($after: String) { ${list}(${where} first: 3, after: $after) { items { id } endCursor } }`,
          { after },
        )
        const page = answer[list] as Page<{ id: string }>
        expect(page.items.length).toBeGreaterThan(0)
        seen.push(...page.items.map(({ id }) => id))
        after = page.endCursor
      } while (after !== null)
      expect(seen).toEqual(all[list]?.items.map(({ id }) => id))
      expect(new Set(seen).size).toBe(all[list]?.totalCount)
      expect(all[list]?.endCursor).toBeNull()
    })

    test('filters show what they name and all of it', async () => {
      const { cast } = stage
      const answer = await index.ask<Record<string, Page<{ id: Hex }>>>(
        `query ($node: Hex!, $other: Hex!, $model: Hex!, $watcher: Hex!, $ids: [Hex!]) {
          open: results(where: { status: [posted, challenged, revealed] }) { items { id } }
          byNode: results(where: { nodeId: $other }) { items { id } }
          byIds: results(where: { ids: $ids }) { items { id } }
          noIds: results(where: { ids: [] }) { items { id } }
          byModel: requests(where: { modelId: $model }) { items { id } }
          named: requests(where: { nodeId: $node }) { items { id } }
          both: requests(where: { nodeId: $node, status: [expired] }) { items { id } }
          silent: challenges(where: { cause: silence }) { items { id } }
          byWatcher: challenges(where: { challengerId: $watcher }) { items { id } }
          fees: payouts(where: { accountId: $node, reason: fee }) { items { id } totalCount }
        }`,
        {
          // In another spelling than the rows'.
          node: cast.node.toUpperCase().replace('0X', '0x'),
          other: cast.otherNode,
          model: played.models.exact,
          watcher: cast.otherWatcher,
          ids: [played.results.ruled, played.results.posted, `0x${'00'.repeat(32)}`],
        },
      )
      const ids = (list: string) => answer[list]?.items.map(({ id }) => id).sort()
      const results = (...of: Fate[]) => of.map((fate) => played.results[fate]).sort()
      const requests = (...of: Fate[]) => of.map((fate) => played.requests[fate]).sort()
      expect(ids('open')).toEqual(results('posted', 'challenged', 'revealed', 'demanded', 'hostile'))
      expect(ids('byNode')).toEqual(results('convicted', 'withheld', 'hostile'))
      expect(ids('byIds')).toEqual(results('ruled', 'posted'))
      expect(ids('noIds')).toEqual([])
      expect(ids('byModel')).toEqual(requests('unpaid', 'open', 'posted', 'challenged', 'revealed'))
      expect(ids('named')).toEqual(requests('finalized'))
      expect(ids('both')).toEqual([])
      expect(ids('silent')).toEqual(results('silent'))
      expect(ids('byWatcher')).toEqual(results('vindicated', 'challenged', 'revealed', 'demanded'))
      expect(answer.fees?.totalCount).toBe(2)
    })

    test('hostile text comes back as the text it is, and stops nothing', async () => {
      const { result } = await index.ask<{
        result: {
          outputUri: string
          request: { inputUri: string; model: { uri: string } }
          challenge: { traceUri: string }
        }
      }>(
        'query ($id: Hex!) { result(id: $id) { outputUri request { inputUri model { uri } } challenge { traceUri } } }',
        { id: played.results.hostile },
      )
      expect(result.request.inputUri).toBe(hostileTexts.input)
      expect(result.outputUri.startsWith(hostileTexts.output)).toBe(true)
      expect(Buffer.byteLength(result.outputUri)).toBeGreaterThan(2000)
      // Postgres holds no NUL and nobody holds broken UTF-8; both are shown as what stands for "no character".
      expect(result.request.model.uri).toBe(hostileTexts.model.replace('\0', '\uFFFD'))
      expect(result.challenge.traceUri).toMatch(/^\uFFFD+\/{2039}$/)
    })

    test('the start page lists the results and nothing on it can run but its own script', async () => {
      const response = await fetch(`${index.apiUrl}/`)
      const page = await response.text()
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toMatch(/^text\/html; charset=utf-8/i)
      for (const id of Object.values(played.results)) expect(page).toContain(`title="${id}"`)
      expect(page).not.toMatch(/<script(?! src="\/assets\/)|javascript:|\son\w+=/i)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
      expect(page).not.toMatch(/[\u0000\u0007\u202A-\u202E\u2066-\u2069]/)
    })

    test.each([
      ['an id that is no hex', '{ result(id: "0xzz") { id } }', /hex/],
      ['an id without 0x', '{ result(id: "ab") { id } }', /hex/],
      ['too large a page', '{ results(first: 5000) { items { id } } }', /first must be between 1 and 1000/],
      ['a page of nothing', '{ results(first: 0) { items { id } } }', /first must be between 1 and 1000/],
      ['a negative page', '{ results(first: -1) { items { id } } }', /first must be between 1 and 1000/],
      ['a cursor that is none', '{ results(after: "!!") { items { id } } }', /after is not a cursor/],
      ["another list's cursor", `{ results(after: "${cursor('0x00')}") { items { id } } }`, /after is not a cursor/],
      [
        'a cursor with words for time',
        `{ results(after: "${cursor('0x00@now')}") { items { id } } }`,
        /after is not a cursor/,
      ],
      ['a cursor of words', `{ nodes(after: "${cursor('words')}") { items { id } } }`, /after is not a cursor/],
      ['a cursor with a NUL', `{ timeline(after: "${cursor('\0@1')}") { items { id } } }`, /after is not a cursor/],
      ['a status that is none', '{ results(where: { status: [lost] }) { items { id } } }', /Status/],
      [
        'too deep a query',
        `{ results { items ${'{ request { result '.repeat(6)}{ id } ${'} } '.repeat(6)} } }`,
        /deeper than 12 fields/,
      ],
      [
        'a deep query in fragments',
        `{ results { items { ...a } } } fragment a on Result { ${'request { result { '.repeat(6)}id ${'} } '.repeat(6)} }`,
        /deeper than 12 fields/,
      ],
      [
        'fragments that double at every step',
        `{ results { items { ...f0 } } } ${Array.from({ length: 40 }, (_, i) => `fragment f${i} on Result { ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f40 on Result { nothing }`,
        /nothing/,
      ],
      [
        'too long a query',
        `{ ${Array.from({ length: 400 }, (_, i) => `a${i}: index { chainId }`).join(' ')} }`,
        /1000 tokens/,
      ],
      ['a field that is none', '{ results { items { secret } } }', /secret/],
      ['no GraphQL at all', 'results', /Syntax Error/],
    ])('%s is answered with what is wrong', async (_, query, message) => {
      const { data, errors } = await index.answer(query)
      expect(data ?? null).toBeNull()
      expect(errors?.[0]?.message).toMatch(message)
    })

    test('what is not there is null, not an error', async () => {
      const id = `0x${'12'.repeat(32)}`
      expect(
        await index.ask(`{ result(id: "${id}") { id } request(id: "0x") { id } node(id: "0x12") { id } }`),
      ).toEqual({
        result: null,
        request: null,
        node: null,
      })
    })
  })
}

function cursor(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

/** The ids at the ends of a nested answer, one array for each list or object that ends in ids. */
function leaves(value: unknown): string[][] {
  if (Array.isArray(value)) {
    const inner = value.map(leaves)
    return [inner.flat(2)]
  }
  if (typeof value !== 'object' || value === null) return []
  const entries = Object.entries(value)
  const id = entries.find(([key]) => key === 'id')?.[1]
  return id === undefined ? entries.flatMap(([, inner]) => leaves(inner)) : [[id as string]]
}
