import { type Attack, paid, slashed } from './attack.ts'
import { demandTerms, shares, terms } from './stage.ts'

/** So many demands cost the same; one more costs twice that. */
const PLAIN = 8

/** Pays to make others pay more. */
export const griefer: Attack[] = [
  {
    who: 'griefer',
    does: `challenges an honest node, and demands ${PLAIN + 1} parts of its trace`,
    async play(it, { models, honest }) {
      const { stage, cast } = it
      const result = await it.post(models.judged, honest)
      await it.until('it is judged', async () => (await it.watcher.rows('verdict')).length === 1)
      await stage.move(cast.adversary, 'challenge', [result], { value: terms.challengeBond })
      await it.reveal(result, honest)
      for (let entry = 0; entry <= PLAIN; entry++) {
        const { demand, supply } = honest.part(entry % 8, entry < 8 ? 0 : 1)
        const what = { entry: entry % 8, first: 0, count: entry < 8 ? 0 : 1 }
        await stage.move(cast.adversary, 'demand', [result, what, demand], { value: 10n * demandTerms.baseFee })
        const made = (await it.demandsOf(result)).at(-1)
        await stage.move(cast.node, 'supply', [made?.demandId, supply])
      }
      await it.rests()
      await stage.pass(3n * terms.convictionWindow)
      await stage.move(cast.node, 'finalize', [result])
      for (const { demandId } of await it.demandsOf(result)) await stage.move(cast.node, 'settleDemand', [demandId])
      const plain = BigInt(PLAIN + 1) * demandTerms.baseFee + demandTerms.chunkFee
      // The last one cost twice the plain fee.
      const burnt = demandTerms.baseFee + demandTerms.chunkFee
      return {
        adversary: -terms.challengeBond - plain - burnt,
        node: paid.node + terms.challengeBond + plain,
        requester: paid.requester,
        burnt,
      }
    },
  },
  {
    who: 'griefer',
    does: `for a node that withholds: ${PLAIN + 1} demands of its own, which the node answers, before the watcher's`,
    async play(it, { models, lie }) {
      const { stage, cast } = it
      const result = await it.post(models.judged, lie)
      await it.becomes(result, 'challenged')
      await it.reveal(result, lie, { publishes: false })
      await it.sees('demand')
      const parts = Array.from({ length: PLAIN + 1 }, (_, i) => ({ entry: 1 + (i % 7), count: i < 7 ? 0 : 1 }))
      const nonce = await stage.client.getTransactionCount({ address: cast.adversary.address })
      for (const [i, { entry, count }] of parts.entries()) {
        const { to, data } = stage.calldata('demand', [result, { entry, first: 0, count }, lie.part(entry).demand])
        const first = { tip: 500n * 10n ** 9n, nonce: nonce + i }
        await stage.send(cast.adversary, to, data, { ...first, value: 10n * demandTerms.baseFee })
      }
      await stage.mine()
      const made = await it.demandsOf(result)
      for (const [i, { demandId, demander }] of made.entries())
        if (demander === cast.adversary.address) {
          const { entry, count } = parts[i] as { entry: number; count: number }
          await stage.move(cast.node, 'supply', [demandId, lie.part(entry, count).supply])
        }
      await it.until('the watcher has demanded', async () => {
        const all = await it.demandsOf(result)
        return all.some(({ demander }) => demander === cast.watcher.address)
      })
      await stage.pass(demandTerms.supplyWindow + 1n)
      await it.becomes(result, 'rejected')
      for (const { demandId, demander } of await it.demandsOf(result))
        if (demander === cast.adversary.address) await stage.move(cast.adversary, 'settleDemand', [demandId])
      return { watcher: shares.reward, ...slashed }
    },
  },
]
