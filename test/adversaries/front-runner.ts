import { decodeFunctionData, type Hex, keccak256, toHex } from 'viem'
import { convictionAbi } from '../../abis/Conviction.ts'
import { type Attack, slashed } from './attack.ts'
import type { Play } from './play.ts'
import { demandTerms, shares, terms } from './stage.ts'

/** More than the watcher offers whoever builds the block. */
const FIRST = { tip: 500n * 10n ** 9n }

/** Sees what the watcher sends before it is in a block, and pays to have its own there first. */
export const frontRunner: Attack[] = [
  {
    who: 'front-runner',
    does: 'of a challenge; the node stays silent',
    async play(it, { models, lie }) {
      const result = await it.post(models.judged, lie)
      await challengeFirst(it, result)
      await it.stage.pass(terms.revealWindow + 1n)
      await it.stage.move(it.cast.adversary, 'claimSilence', [result])
      await it.becomes(result, 'rejected')
      return { adversary: shares.reward, ...slashed }
    },
  },
  {
    who: 'front-runner',
    does: 'of a challenge; the node reveals',
    async play(it, { models, lie }) {
      const result = await it.post(models.judged, lie)
      await challengeFirst(it, result)
      await it.reveal(result, lie)
      await it.becomes(result, 'rejected')
      return { watcher: shares.reward, ...slashed }
    },
  },
  {
    who: 'front-runner',
    does: 'of a commitment, then of its proof: the very same, and with a commitment of its own',
    async play(it, { models, lie }) {
      const { stage, cast } = it
      const result = await it.post(models.judged, lie)
      await it.becomes(result, 'challenged')
      await it.reveal(result, lie)
      const commitment = await it.sees('commit')
      await stage.send(cast.adversary, commitment.to, commitment.data, FIRST)
      await stage.mine()
      await stage.mine()
      const shown = await it.sees('convict')
      const [, proof] = decodeFunctionData({ abi: convictionAbi, data: shown.data }).args as [Hex, Hex, Hex]
      const salt = toHex(1, { size: 32 })
      const own = await stage.client.readContract({
        ...{ address: stage.conviction, abi: convictionAbi, functionName: 'commitmentOf' },
        args: [cast.adversary.address, result, keccak256(proof), salt],
      })
      const commit = stage.calldata('commit', [own])
      const convict = stage.calldata('convict', [result, proof, salt])
      const nonce = await stage.client.getTransactionCount({ address: cast.adversary.address })
      const copies = [
        await stage.send(cast.adversary, shown.to, shown.data, { ...FIRST, nonce }),
        await stage.send(cast.adversary, commit.to, commit.data, { ...FIRST, nonce: nonce + 1 }),
        await stage.send(cast.adversary, convict.to, convict.data, { ...FIRST, nonce: nonce + 2 }),
      ]
      await stage.mine()
      const worked = await Promise.all(copies.map((hash) => stage.succeeded(hash)))
      // It can announce the proof, and show it a block too late.
      if (String(worked) !== 'false,true,false') throw new Error(`the copies came to ${worked}`)
      await it.becomes(result, 'rejected')
      return { watcher: shares.reward, ...slashed }
    },
  },
  {
    who: 'front-runner',
    does: 'of a demand for a trace that is withheld',
    async play(it, { models, lie }) {
      const { stage, cast } = it
      const result = await it.post(models.judged, lie)
      await it.becomes(result, 'challenged')
      await it.reveal(result, lie, { publishes: false })
      const demand = await it.sees('demand')
      await stage.send(cast.adversary, demand.to, demand.data, { ...FIRST, value: demand.value })
      await stage.mine()
      await stage.pass(demandTerms.supplyWindow + 1n)
      await it.becomes(result, 'rejected')
      return { adversary: shares.reward, ...slashed }
    },
  },
]

async function challengeFirst(it: Play, result: Hex): Promise<void> {
  const { stage, cast } = it
  const challenge = await it.sees('challenge')
  await stage.send(cast.adversary, challenge.to, challenge.data, { ...FIRST, value: challenge.value })
  await stage.mine()
  if (await stage.succeeded(challenge.hash)) throw new Error(`nobody was before the watcher: ${result}`)
}
