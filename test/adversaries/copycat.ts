import { decodeFunctionData, type Hex, keccak256, toHex } from 'viem'
import { convictionAbi } from '../../abis/Conviction.ts'
import { type Attack, slashed } from './attack.ts'
import { shares } from './stage.ts'

/** Does whatever the watcher has done, a block later. */
export const copycat: Attack[] = [
  {
    who: 'copycat',
    does: 'sends every challenge, commitment and proof again, a block later',
    async play(it, { models, lie }) {
      const { stage, cast } = it
      const copied: boolean[] = []
      const copy = async (functionName: string, args: readonly unknown[], value = 0n) => {
        const { to, data } = stage.calldata(functionName, args)
        const hash = await stage.send(cast.adversary, to, data, { value })
        await stage.mine()
        copied.push(await stage.succeeded(hash))
      }
      const result = await it.post(models.judged, lie)
      const challenge = await it.sees('challenge')
      await stage.mine()
      await copy('challenge', [result], challenge.value)
      await it.reveal(result, lie)
      const commit = decodeFunctionData({ abi: convictionAbi, data: (await it.sees('commit')).data })
      await stage.mine()
      await copy('commit', commit.args ?? [])
      const shown = decodeFunctionData({ abi: convictionAbi, data: (await it.sees('convict')).data })
      const [, proof] = shown.args as [Hex, Hex, Hex]
      await stage.mine()
      await copy('convict', shown.args as [Hex, Hex, Hex])
      const salt = toHex(2, { size: 32 })
      const own = await stage.client.readContract({
        ...{ address: stage.conviction, abi: convictionAbi, functionName: 'commitmentOf' },
        args: [cast.adversary.address, result, keccak256(proof), salt],
      })
      await copy('commit', [own])
      await copy('convict', [result, proof, salt])
      // Commitments change nothing.
      if (String(copied) !== 'false,true,false,true,false') throw new Error(`the copies came to ${copied}`)
      await it.becomes(result, 'rejected')
      return { watcher: shares.reward, ...slashed }
    },
  },
]
