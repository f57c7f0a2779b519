import { type Hex, toHex } from 'viem'
import type { Random } from '../../../demo/random.ts'
import { rules } from '../../../protocol/arithmetic/bounds.ts'
import { convict, demand } from '../../index/support/play.ts'
import { rpc } from '../../index/support/rpc.ts'
import {
  CHALLENGE_BOND,
  DEMAND_TERMS,
  inline,
  NOBODY,
  NODE_BOND,
  type Stage,
  sha256,
  WINDOW,
} from '../../index/support/stage.ts'

/** What a play has open, so that it can be put back with the chain. */
export interface Open {
  models: Hex[]
  requests: { id: Hex; named: Hex | null }[]
  results: { id: Hex; node: Hex; status: 'posted' | 'challenged' | 'revealed' }[]
  made: number
}

/** Registers models and bonds nodes: all a random play needs. */
export async function openPlay(stage: Stage): Promise<Open> {
  const { cast, move } = stage
  const models: Hex[] = []
  for (const name of ['one', 'two', 'three'])
    models.push(
      await move(cast.registrant, 'registerModel', [
        {
          ...{ modelHash: sha256(name), graphRoot: sha256('graph'), uri: `ipfs://${name}`, arbiter: cast.arbiter },
          ...{ precision: 1, tolerance: 1n, rule: rules.indexOf('worstCase'), lambda: 0 },
        },
      ]),
    )
  for (const node of nodesOf(stage)) await move(node, 'bond', [], 30n * NODE_BOND)
  return { models, requests: [], results: [], made: 0 }
}

const nodesOf = ({ cast }: Stage) => [cast.node, cast.otherNode, cast.stranger]

/**
 * Makes some random moves: requests, results, disputes that end in every way, bonds, and time that passes, now and then to the
 * very second at which a day ends. What the chain refuses is part of it: a move that comes too early changes nothing.
 */
export async function randomPlay(stage: Stage, open: Open, random: Random, moves: number): Promise<void> {
  const { cast, move, argue, pass } = stage
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T
  const requesters = [cast.requester, cast.otherRequester]
  const watchers = [cast.watcher, cast.otherWatcher]

  const request = async () => {
    const named = random.below(3) === 0 ? pick(nodesOf(stage)) : null
    const fee = BigInt(random.below(4) === 0 ? 0 : random.below(1_000_000))
    const deadline = (await stage.now()) + BigInt(30 + random.below(300_000))
    const args = [pick(open.models), named ?? NOBODY, inline(`input ${open.made++}`), deadline] as const
    open.requests.push({ id: await move(pick(requesters), 'request', args, fee), named })
  }
  const post = async () => {
    // The latest: its deadline is the one not to be over.
    const { id, named } = open.requests.pop() as Open['requests'][0]
    const node = named ?? pick(nodesOf(stage))
    if (random.below(8) > 0)
      open.results.push({ id: await move(node, 'post', [id, inline(`output of ${id}`)]), node, status: 'posted' })
    else {
      await pass(300_031)
      await move(cast.stranger, 'expire', [id])
    }
  }
  const postOrRequest = () => (open.requests.length > 0 ? post() : request())
  const goOn = async () => {
    const result = pick(open.results)
    const settled = () => open.results.splice(open.results.indexOf(result), 1)
    const { id, node, status } = result
    if (status === 'posted' && random.below(2) === 0) {
      await move(pick(watchers), 'challenge', [id], CHALLENGE_BOND)
      result.status = 'challenged'
    } else if (status === 'challenged' && random.below(3) > 0) {
      await move(node, 'reveal', [id, sha256(`trace of ${id}`), ''])
      result.status = 'revealed'
    } else if (status === 'challenged') {
      await pass(WINDOW + 1 + random.below(50))
      await move(cast.stranger, 'claimSilence', [id])
      settled()
    } else if (status === 'revealed' && random.below(2) === 0) {
      const how = random.below(3)
      if (how === 0) await move(cast.arbiter, 'rule', [id])
      else if (how === 1) await convict(stage, id)
      else {
        const demandId = await demand(stage, id, pick(watchers), { entry: 1, first: 0, count: 1 })
        await pass(Number(DEMAND_TERMS.supplyWindow) + 1)
        await argue(cast.stranger, 'claimWithheld', [demandId])
        await argue(cast.stranger, 'settleDemand', [demandId])
      }
      settled()
    } else {
      await pass(WINDOW + 1 + random.below(random.below(2) === 0 ? 50 : 70_000))
      await move(cast.stranger, 'finalize', [id])
      settled()
    }
  }
  const midnight = async () => {
    const second = ((await stage.now()) / 86_400n + 1n) * 86_400n - BigInt(random.below(2))
    await rpc(stage.rpcUrl, 'evm_setNextBlockTimestamp', toHex(second))
  }
  const kinds: (() => Promise<unknown>)[] = [
    ...Array(3).fill(request),
    ...Array(6).fill(postOrRequest),
    ...Array(8).fill(async () => (open.results.length > 0 ? goOn() : postOrRequest())),
    midnight,
    () => pass(1 + random.below(100_000)),
    () => move(pick(nodesOf(stage)), 'bond', [], BigInt(1 + random.below(1_000_000))),
    () => move(pick(nodesOf(stage)), 'unbond', [BigInt(1 + random.below(1_000_000))]),
  ]
  for (let made = 0; made < moves; made++)
    await pick(kinds)().catch((error: Error) => {
      if (!error.message.startsWith('a move reverted')) throw error
    })
}
