import type { Hex } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { type Attack, paid, slashed } from './attack.ts'
import type { Play } from './play.ts'
import { FEE, shares, terms } from './stage.ts'
import { answerDemand } from './withholding-node.ts'
import type { Work } from './work.ts'

/** A node that cheats, and challenges its own result from another account before anybody else can. */
export const selfChallenger: Attack[] = [
  {
    who: 'self-challenger',
    does: 'and reveals',
    async play(it, { models, lie }) {
      const result = await postAndChallenge(it, models.judged, lie)
      await it.reveal(result, lie)
      await it.becomes(result, 'rejected')
      return { watcher: shares.reward, ...slashed }
    },
  },
  {
    who: 'self-challenger',
    does: 'and stays silent; in the end the requester claims it',
    async play(it, { models, lie }) {
      const result = await postAndChallenge(it, models.judged, lie)
      await it.stage.pass(terms.revealWindow * 10n)
      await it.rests()
      await it.stage.move(it.cast.requester, 'claimSilence', [result])
      return { adversary: shares.reward, ...slashed }
    },
  },
  {
    who: 'self-challenger',
    does: 'where the arbiter alone can rule, and reveals',
    async play(it, { models, lie }) {
      const result = await postAndChallenge(it, models.ruled, lie)
      await it.reveal(result, lie)
      await it.until('the watcher appeals', () => it.hasAppealed(result))
      await it.stage.move(it.stage.judge, 'rule', [result])
      return { adversary: shares.reward, ...slashed }
    },
  },
  {
    who: 'self-challenger',
    does: 'and reveals, publishes nothing, would answer each demand; there is no arbiter',
    async play(it, { models, lie }) {
      const { stage, cast } = it
      const result = await postAndChallenge(it, models.unruled, lie)
      await it.reveal(result, lie, { publishes: false })
      await it.rests()
      await stage.pass(terms.convictionWindow + 1n)
      await stage.move(cast.node, 'finalize', [result])
      return { adversary: -terms.challengeBond, node: paid.node + terms.challengeBond, requester: -FEE }
    },
  },
  {
    who: 'self-challenger',
    does: 'does so, and answers, beside a watcher with GAINSAY_WITHOUT_ARBITER=1',
    settings: { GAINSAY_WITHOUT_ARBITER: '1' },
    async play(it, { models, lie }) {
      const { stage, cast } = it
      const result = await postAndChallenge(it, models.unruled, lie)
      await it.reveal(result, lie, { publishes: false })
      const fee = await answerDemand(it, result, lie)
      await stage.pass(terms.convictionWindow + 1n)
      await stage.move(cast.node, 'finalize', [result])
      await it.tries(cast.node, 'settleDemand', [(await it.demandsOf(result))[0]?.demandId])
      const node = paid.node + terms.challengeBond + fee
      return { watcher: -fee, adversary: -terms.challengeBond, node, requester: -FEE }
    },
  },
  {
    who: 'self-challenger',
    does: 'where its own arbiter rules, who stays silent',
    async play(it, { lie }) {
      const { stage, cast } = it
      const model = await stage.register(cast.node, { bounds: false, arbiter: cast.adversary.address })
      const result = await postAndChallenge(it, model, lie)
      await it.reveal(result, lie)
      await it.rests()
      await stage.pass(terms.convictionWindow + 1n)
      await stage.move(cast.node, 'finalize', [result])
      return { adversary: -terms.challengeBond, node: paid.node + terms.challengeBond, requester: -FEE }
    },
  },
]

/** In one block, so that nobody sees the result before it is challenged. */
async function postAndChallenge(it: Play, modelId: Hex, work: Work): Promise<Hex> {
  const { stage, cast } = it
  const { timestamp } = await stage.client.getBlock()
  const asked = [modelId, cast.node.address, work.input, timestamp + 100_000n]
  const requestId = await stage.move(cast.requester, 'request', asked, { value: FEE })
  const result = await resultIdOf(it, requestId, work)
  const [post, challenge] = [stage.calldata('post', [requestId, work.output]), stage.calldata('challenge', [result])]
  await stage.send(cast.node, post.to, post.data, { tip: 500n * 10n ** 9n })
  await stage.send(cast.adversary, challenge.to, challenge.data, { value: terms.challengeBond })
  await stage.mine()
  it.posted.add(result)
  await it.becomes(result, 'challenged')
  return result
}

async function resultIdOf({ stage, cast }: Play, requestId: Hex, { output }: Work): Promise<Hex> {
  const args = [requestId, cast.node.address, output.hash, output.uri] as const
  return stage.client.readContract({ address: stage.contract, abi: gainsayAbi, functionName: 'resultIdOf', args })
}
