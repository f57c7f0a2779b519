import type { Hex } from 'viem'
import { expect } from 'vitest'
import { type Attack, paid, slashed } from './attack.ts'
import type { Play } from './play.ts'
import { demandTerms, shares, terms } from './stage.ts'
import type { Work } from './work.ts'

/** Reveals the root of its trace, and shows nobody what is below it. */
export const withholdingNode: Attack[] = [
  {
    who: 'withholding node',
    does: 'publishes nothing and answers no demand',
    async play(it, { models, lie }) {
      const result = await challengedAndRevealed(it, models.judged, lie)
      await it.until('the watcher demands', async () => (await it.demandsOf(result)).length === 1)
      await it.stage.pass(demandTerms.supplyWindow + 1n)
      await it.becomes(result, 'rejected')
      await it.rests()
      // challenge, demand, claimWithheld, withdraw
      expect(await it.stage.client.getTransactionCount({ address: it.cast.watcher.address })).toBe(4)
      return { watcher: shares.reward, ...slashed }
    },
  },
  {
    who: 'withholding node',
    does: 'answers each demand on chain and publishes no file; an arbiter rules',
    async play(it, { models, lie }) {
      const result = await challengedAndRevealed(it, models.judged, lie)
      await answerDemand(it, result, lie)
      await it.until('the watcher appeals', () => it.hasAppealed(result))
      await it.stage.move(it.stage.judge, 'rule', [result])
      return { watcher: shares.reward, ...slashed }
    },
  },
  {
    who: 'withholding node',
    does: 'would answer each demand on chain and publish no file, and there is no arbiter',
    async play(it, { models, lie }) {
      const { stage, cast } = it
      const result = await it.post(models.unruled, lie)
      await it.until('the watcher says why not', async () => it.watcher.log().includes('invalid, and not challenged'))
      await it.rests()
      await stage.pass(terms.challengeWindow + 1n)
      await stage.move(cast.node, 'finalize', [result])
      return paid
    },
  },
  {
    who: 'withholding node',
    does: 'does so to a watcher with GAINSAY_WITHOUT_ARBITER=1, which stops sending then',
    settings: { GAINSAY_WITHOUT_ARBITER: '1' },
    trips: 1,
    async play(it, { models, lie }) {
      const { stage, cast } = it
      const result = await challengedAndRevealed(it, models.unruled, lie)
      const fee = await answerDemand(it, result, lie)
      await stage.pass(terms.convictionWindow + 1n)
      await stage.move(cast.node, 'finalize', [result])
      await it.until('the breaker has tripped', async () => (await it.watcher.trips()).length > 0)
      // Its fee is due now, and whoever says so, it is the node's.
      await it.tries(cast.node, 'settleDemand', [(await it.demandsOf(result))[0]?.demandId])
      const lost = terms.challengeBond + fee
      return { watcher: -lost, node: paid.node + lost, requester: paid.requester }
    },
  },
]

/** Waits for the watcher's demand, and supplies it. @returns its fee, in wei */
export async function answerDemand(it: Play, result: Hex, work: Work): Promise<bigint> {
  await it.until('the watcher demands', async () => (await it.demandsOf(result)).length === 1)
  const [made] = await it.demandsOf(result)
  await it.stage.move(it.cast.node, 'supply', [made?.demandId, work.part(0).supply])
  return made?.fee as bigint
}

async function challengedAndRevealed(it: Play, modelId: Hex, work: Work): Promise<Hex> {
  const result = await it.post(modelId, work)
  await it.becomes(result, 'challenged')
  await it.reveal(result, work, { publishes: false })
  return result
}
