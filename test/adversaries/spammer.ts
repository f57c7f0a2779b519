import type { Hex } from 'viem'
import { type Attack, paid, slashed } from './attack.ts'
import type { Play } from './play.ts'
import type { Gains } from './purses.ts'
import { FEE, shares, terms } from './stage.ts'

/** How many results nobody wins anything by. */
const WORTHLESS = 24
/** How many results at once that are worth a challenge each. */
const MANY = 6
/** Wei of gas that a day may cost. */
const GAS_A_DAY = 12n * 10n ** 14n

/** Posts results in numbers, so that watchers pay more for them than there is to win. */
export const spammer: Attack[] = [
  {
    who: 'spammer',
    does: `posts ${WORTHLESS} wrong results while a challenge takes more gas than it wins; a share is replayed, the others are counted`,
    settings: { GAINSAY_SAMPLE_FLOOR: '0.25', GAINSAY_REPLAY_WEI_PER_MS: '1000000' },
    async play(it, { models, lie, honest }) {
      const { stage, cast } = it
      // What a replay of this model takes has to be known, or it costs nothing.
      const results = [await it.post(models.judged, honest)]
      await it.until('the first is judged', async () => (await it.watcher.rows('verdict')).length === 1)
      await it.watcher.stop()
      // 315,000 gas and more at this price are above any reward.
      stage.gasCosts(4000n)
      await stage.mine()
      try {
        for (let i = 0; i < WORTHLESS; i++) results.push(await it.post(models.judged, lie))
        it.watcher.start()
        await it.until('all are judged or counted as unchecked', async () => {
          const judged = (await it.watcher.rows('verdict')).map(({ observationKey }) => observationKey)
          const unchecked = (await it.watcher.rows('unchecked')).map(({ observationKey }) => observationKey)
          return new Set([...judged, ...unchecked]).size === results.length
        })
        const unchecked = (await it.watcher.rows('unchecked')).length
        if (unchecked === 0 || unchecked === WORTHLESS) throw new Error(`${unchecked} of ${WORTHLESS} are not sampled`)
        await it.rests()
        await stage.pass(terms.challengeWindow + 1n)
        for (const result of results) await stage.move(cast.node, 'finalize', [result])
        if ((await it.watcher.rows('attempt')).length > 0) throw new Error('the watcher has sent something')
      } finally {
        stage.gasCosts(1n)
      }
      const fees = BigInt(results.length) * FEE
      return { node: fees, requester: -fees }
    },
  },
  {
    who: 'spammer',
    does: `posts ${MANY} wrong results at once, where two bonds may be at risk and four challenges be made in an hour`,
    settings: {
      GAINSAY_MAX_BOND_AT_RISK: String(2n * terms.challengeBond),
      GAINSAY_MAX_CHALLENGES_PER_HOUR: '4',
    },
    async play(it, { models, lie }) {
      const results = await postMany(it, models.judged, lie)
      const challenged = async () => (await statusesOf(it, results)).filter((status) => status === 'challenged').length
      for (const wave of [1, 2]) {
        await it.until(`wave ${wave}`, async () => (await challenged()) === 2)
        await it.waits()
        if ((await challenged()) !== 2) throw new Error('more bonds are at risk than may be')
        await it.stage.pass(terms.revealWindow + 1n)
        await it.until(`wave ${wave} is claimed`, async () => (await challenged()) === 0)
      }
      return settled(it, results, 4)
    },
  },
  {
    who: 'spammer',
    does: `posts ${MANY} wrong results at once, where a day's gas is limited`,
    settings: { GAINSAY_MAX_GAS_PER_DAY: String(GAS_A_DAY) },
    async play(it, { models, lie }) {
      const results = await postMany(it, models.judged, lie)
      await it.until('the first is challenged', async () => (await statusesOf(it, results)).includes('challenged'))
      // What is settled leaves gas for more, as long as windows are open.
      for (;;) {
        await it.waits()
        const open = (await statusesOf(it, results)).flatMap((status, i) => (status === 'challenged' ? results[i] : []))
        if (open.length === 0) break
        await it.stage.pass(terms.revealWindow + 1n)
        for (const result of open) await it.becomes(result as Hex, 'rejected')
      }
      await it.rests()
      const rejected = (await statusesOf(it, results)).filter((status) => status === 'rejected').length
      if (rejected === 0 || rejected === MANY) throw new Error(`${rejected} of ${MANY}: the limit limits nothing`)
      const spent = (await it.watcher.rows('attempt')).reduce(
        (sum, { gasPaid }) => sum + BigInt(String(gasPaid ?? 0)),
        0n,
      )
      if (spent > GAS_A_DAY) throw new Error(`${spent} wei of gas, more than a day may cost`)
      return settled(it, results, rejected)
    },
  },
]

async function postMany(it: Play, modelId: Hex, work: Parameters<Play['post']>[1]): Promise<Hex[]> {
  const results: Hex[] = []
  for (let i = 0; i < MANY; i++) results.push(await it.post(modelId, work))
  return results
}

function statusesOf(it: Play, results: readonly Hex[]) {
  return Promise.all(results.map((result) => it.statusOf(result)))
}

/** Finalizes what nobody challenged. @returns who should have gained what, when so many were rejected */
async function settled(it: Play, results: readonly Hex[], rejected: number): Promise<Partial<Gains>> {
  await it.stage.pass(terms.challengeWindow + 1n)
  let stood = 0n
  for (const result of results)
    if ((await it.statusOf(result)) === 'posted') {
      await it.stage.move(it.cast.node, 'finalize', [result])
      stood++
    }
  const n = BigInt(rejected)
  return {
    watcher: n * shares.reward,
    node: n * slashed.node + stood * paid.node,
    requester: n * slashed.requester + stood * paid.requester,
    burnt: n * slashed.burnt,
  }
}
