import { type Hex, keccak256 } from 'viem'
import { expect, test } from 'vitest'
import { convictionAbi } from '../../../abis/Conviction.ts'
import { causes } from '../../../protocol/status.ts'
import type { IndexProcess } from './index-process.ts'
import { type DemandFate, demanded, hostileTexts, type Played, SPARE, shown } from './play.ts'
import { DEMAND_TERMS, inline, type Stage, sha256 } from './stage.ts'

/** What holds of convictions, demands and appeals in the history of a play. */
export function testConvictions(at: () => { stage: Stage; index: IndexProcess; played: Played }): void {
  test('every event of the conviction contract was played, so every handler has run', async () => {
    const { stage, index } = at()
    const emitted = new Set<string>((await stage.convictionEvents()).map(({ eventName }) => eventName))
    const known = convictionAbi.filter((item) => item.type === 'event').map((event) => event.name)
    expect(known.filter((event) => !emitted.has(event))).toEqual([])
    expect(await index.ask('{ index { conviction } }')).toEqual({ index: { conviction: stage.conviction } })
  })

  test('demands are as the contract stores them and as its events said', async () => {
    const { stage, index, played } = at()
    const events = await stage.convictionEvents()
    for (const [fate, what] of Object.entries(demanded) as [DemandFate, (typeof demanded)[DemandFate]][]) {
      const id = played.demands[fate] as Hex
      const stored = await stage.client.readContract({
        ...{ address: stage.conviction, abi: convictionAbi },
        functionName: 'demandOf',
        args: [id],
      })
      const said = async (name: (typeof events)[number]['eventName']) => {
        const event = events.find((e) => e.eventName === name && 'demandId' in e.args && e.args.demandId === id)
        if (!event) return { time: null, transactionHash: null }
        const { timestamp } = await stage.client.getBlock({ blockNumber: event.blockNumber })
        return { time: String(timestamp), transactionHash: event.transactionHash }
      }
      const [made, supplied, withheld, settled] = await Promise.all(
        (['Demanded', 'Supplied', 'Withheld', 'DemandSettled'] as const).map(said),
      )
      const { demand } = await index.ask<{ demand: Record<string, unknown> }>(
        `query ($id: Hex!) { demand(id: $id) { result { id } demander { id } entry first count fee burnt status until supplier { id } data
          demandedAt transactionHash suppliedAt supplyTransactionHash withheldAt withheldTransactionHash
          settledAt settleTransactionHash } }`,
        { id },
      )
      // One was made after eight others, so it cost twice what an answer does.
      const isDear = fate === 'returned'
      const plain = DEMAND_TERMS.baseFee + BigInt(what.count) * DEMAND_TERMS.chunkFee
      expect(stored.fee, fate).toBe(isDear ? 2n * plain : plain)
      const isSettled = fate === 'paid' || fate === 'returned' || fate === 'withheld'
      const supplier = { paid: stage.cast.stranger, supplied: stage.cast.node }[fate as string]
      expect(demand, fate).toEqual({
        result: { id: stored.resultId },
        demander: { id: stored.demander.toLowerCase() },
        ...{ entry: String(what.entry), first: String(what.first), count: what.count },
        ...{ fee: String(stored.fee), burnt: isSettled ? String(isDear ? plain : 0n) : null },
        ...{ status: fate, until: String(stored.until) },
        ...{ supplier: supplier ? { id: supplier } : null, data: supplier ? shown.supply : null },
        ...{ demandedAt: made?.time, transactionHash: made?.transactionHash },
        ...{ suppliedAt: supplied?.time, supplyTransactionHash: supplied?.transactionHash },
        ...{ withheldAt: withheld?.time, withheldTransactionHash: withheld?.transactionHash },
        ...{ settledAt: settled?.time, settleTransactionHash: settled?.transactionHash },
      })
    }
  })

  test('a settled demand is a payout of its plain fee, and a withheld one rejects its result', async () => {
    const { stage, index, played } = at()
    const { vindicated, withheld } = await index.ask<{
      vindicated: { payouts: unknown[] }
      withheld: { payouts: unknown[] }
    }>(
      `query ($vindicated: Hex!, $withheld: Hex!) {
        vindicated: result(id: $vindicated) { payouts { reason amount account { id } } }
        withheld: result(id: $withheld) { status conviction { id } challenge { cause rejectedBy { id } }
          payouts { reason amount account { id } }
          timeline { to actor } demands { items { id } totalCount } } }`,
      { vindicated: played.results.vindicated, withheld: played.results.withheld },
    )
    const { cast } = stage
    expect(vindicated.payouts).toContainEqual({
      ...{ reason: 'demandPaid', amount: String(DEMAND_TERMS.baseFee + 2n * DEMAND_TERMS.chunkFee) },
      account: { id: cast.node },
    })
    expect(vindicated.payouts).toContainEqual({
      ...{ reason: 'demandReturned', amount: String(DEMAND_TERMS.baseFee) },
      account: { id: cast.watcher },
    })
    expect(vindicated.payouts).toContainEqual({
      ...{ reason: 'demandReturned', amount: String(SPARE) },
      account: { id: cast.watcher },
    })
    expect(withheld).toMatchObject({
      ...{ status: 'rejected', conviction: null },
      challenge: { cause: 'withheld', rejectedBy: { id: cast.convictor } },
      demands: { items: [{ id: played.demands.withheld }], totalCount: 1 },
    })
    expect(withheld.payouts).toContainEqual({
      ...{ reason: 'demandReturned', amount: String(DEMAND_TERMS.baseFee + 16n * DEMAND_TERMS.chunkFee) },
      account: { id: cast.convictor },
    })
    expect((withheld as unknown as { timeline: unknown[] }).timeline.at(-1)).toEqual({
      to: 'rejected',
      actor: cast.stranger,
    })
  })

  test('a conviction names its convictor and its proof, in the transaction that rejected the result', async () => {
    const { stage, index, played } = at()
    const { convictions } = await index.ask<{ convictions: unknown }>(
      `query ($by: Hex!) { convictions(where: { convictorId: $by }) { totalCount items { id proofHash transactionHash
        convictor { id convictions { totalCount } } result { challenge { cause settledAt } timeline { to transactionHash } } convictedAt } } }`,
      { by: stage.cast.convictor },
    )
    const rejected = (await stage.events()).find(
      (e) => e.eventName === 'Rejected' && e.args.cause === causes.indexOf('conviction'),
    )
    const { timestamp } = await stage.client.getBlock({ blockNumber: rejected?.blockNumber as bigint })
    expect(convictions).toMatchObject({
      totalCount: 1,
      items: [
        {
          ...{ id: played.results.convicted, proofHash: keccak256(shown.proof), convictedAt: String(timestamp) },
          transactionHash: rejected?.transactionHash,
          convictor: { id: stage.cast.convictor, convictions: { totalCount: 1 } },
          result: { challenge: { cause: 'conviction', settledAt: String(timestamp) } },
        },
      ],
    })
  })

  test('appeals come with their evidence, inline or by a text that is only text', async () => {
    const { stage, index, played } = at()
    const { result } = await index.ask<{ result: { appeals: { items: { id: string }[]; totalCount: number } } }>(
      `query ($id: Hex!) { result(id: $id) { appeals { totalCount items { id appellant { id appeals { totalCount } } evidenceHash uri data result { id } } } } }`,
      { id: played.results.ruled },
    )
    const { cast } = stage
    const evidence = inline(shown.evidence)
    const of = (appellant: Hex) => ({
      id: `${played.results.ruled}-${appellant}`,
      result: { id: played.results.ruled },
    })
    expect(result.appeals.totalCount).toBe(2)
    // Both may be in one second, and then their ids decide.
    expect(result.appeals.items.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      {
        ...of(cast.watcher),
        appellant: { id: cast.watcher, appeals: { totalCount: 2 } },
        ...{ evidenceHash: sha256('elsewhere'), uri: hostileTexts.model.replace('\0', '\uFFFD'), data: null },
      },
      {
        ...of(cast.stranger),
        appellant: { id: cast.stranger, appeals: { totalCount: 1 } },
        ...{ evidenceHash: evidence.hash, uri: '', data: evidence.data },
      },
    ])
  })

  test('one query tells a watcher all it must know of the open results', async () => {
    const { stage, index, played } = at()
    const { results } = await index.ask<{ results: { items: { id: Hex }[] } }>(
      `{ results(where: { status: [posted, challenged, revealed] }, first: 1000) { items { id
          model { rule lambda graphRoot }
          challenge { traceRoot traceUri }
          conviction { convictor { id } }
          demands(first: 1000) { items { id status until demander { id } entry first count } }
          appeals(first: 1000) { items { appellant { id } } } } } }`,
    )
    const of = (id: Hex | undefined) => results.items.find((result) => result.id === id)
    const part = (fate: 'open' | 'supplied') =>
      expect.objectContaining({
        ...{ id: played.demands[fate], status: fate, demander: { id: stage.cast.watcher } },
        ...{ entry: String(demanded[fate].entry), first: String(demanded[fate].first), count: 1 },
      })
    expect(of(played.results.demanded)).toMatchObject({
      model: { rule: 'probabilistic', lambda: 8, graphRoot: sha256('graph') },
      ...{ challenge: { traceRoot: sha256('trace') }, conviction: null },
      demands: { items: expect.arrayContaining([part('supplied'), part('open')]) },
      appeals: { items: [{ appellant: { id: stage.cast.watcher } }] },
    })
    const none = { items: [] }
    expect(of(played.results.posted)).toMatchObject({ conviction: null, demands: none, appeals: none })
  })

  test('filters of demands, convictions and appeals show what they name and all of it', async () => {
    const { stage, index, played } = at()
    const answer = await index.ask<Record<string, { items: { id: Hex }[]; totalCount: number }>>(
      `query ($results: [Hex!], $ids: [Hex!], $by: Hex!, $watcher: Hex!) {
        over: demands(where: { status: [paid, returned] }) { items { id } }
        ofResults: demands(where: { resultIds: $results }) { items { id } }
        byIds: demands(where: { ids: $ids }) { items { id } }
        noIds: demands(where: { ids: [] }) { items { id } }
        by: demands(where: { demanderId: $by, status: [withheld, open] }) { items { id } }
        convicted: convictions(where: { resultIds: $results }) { items { id } }
        appeals: appeals(where: { appellantId: $watcher, resultIds: $results }) { items { id } }
      }`,
      {
        results: [played.results.withheld, played.results.ruled, played.results.convicted],
        ids: [played.demands.open, played.demands.paid],
        by: stage.cast.convictor,
        watcher: stage.cast.watcher,
      },
    )
    const ids = (list: string) => answer[list]?.items.map(({ id }) => id).sort()
    const demands = (...of: DemandFate[]) => of.map((fate) => played.demands[fate]).sort()
    expect(ids('over')).toEqual(demands('paid', 'returned'))
    expect(ids('ofResults')).toEqual(demands('withheld'))
    expect(ids('byIds')).toEqual(demands('open', 'paid'))
    expect(ids('noIds')).toEqual([])
    expect(ids('by')).toEqual(demands('withheld'))
    expect(ids('convicted')).toEqual([played.results.convicted])
    expect(ids('appeals')).toEqual([`${played.results.ruled}-${stage.cast.watcher}`])
  })
}
