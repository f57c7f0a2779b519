import type { Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { type IndexProcess, startIndex } from './support/index-process.ts'
import { convict, demand, demanded, shown } from './support/play.ts'
import { rpc } from './support/rpc.ts'
import {
  CHALLENGE_BOND,
  DEMAND_TERMS,
  inline,
  NOBODY,
  NODE_BOND,
  type Stage,
  sha256,
  startStage,
  WINDOW,
} from './support/stage.ts'

let stage: Stage
let index: IndexProcess
let modelId: Hex

beforeAll(async () => {
  stage = await startStage()
  const { cast, move } = stage
  const terms = { modelHash: sha256('model'), graphRoot: sha256('graph'), uri: 'ipfs://model', arbiter: cast.arbiter }
  modelId = await move(cast.registrant, 'registerModel', [
    { ...terms, precision: 1, tolerance: 1n, rule: rules.indexOf('worstCase'), lambda: 0 },
  ])
  await move(cast.node, 'bond', [], 10n * NODE_BOND)
  await move(cast.otherNode, 'bond', [], 10n * NODE_BOND)
  await stage.mine(35)
  index = await startIndex(stage)
})
afterAll(async () => {
  await index?.stop()
  await stage?.stop()
})

/** Goes back to a snapshot, lets `otherwise` happen instead, and waits until the index has noticed. */
async function reorganise(snapshot: unknown, otherwise: () => Promise<void>): Promise<void> {
  const before = await stage.head()
  await rpc(stage.rpcUrl, 'evm_revert', snapshot)
  await otherwise()
  // Longer than what was there, as every reorg of a real chain is.
  await stage.mine(Number(before - (await stage.head())) + 2)
  await index.reached(await stage.head())
}

async function requestAndPost(node: Hex, output: string, deadline: bigint) {
  const { cast, move } = stage
  const requestId = await move(cast.requester, 'request', [modelId, NOBODY, inline('input'), deadline], 10n)
  const resultId = await move(node, 'post', [requestId, inline(output)])
  return { requestId, resultId }
}

async function expectBondsOfTheChain() {
  for (const id of [stage.cast.node, stage.cast.otherNode]) {
    const read = (functionName: 'freeBondOf' | 'lockedBondOf') =>
      stage.client.readContract({ address: stage.contract, abi: gainsayAbi, functionName, args: [id] })
    const { node } = await index.ask<{ node: unknown }>(`{ node(id: "${id}") { freeBond lockedBond } }`)
    expect(node).toEqual({ freeBond: String(await read('freeBondOf')), lockedBond: String(await read('lockedBondOf')) })
  }
}

const everything = `{
  requests { items { id status result { id node { id } } timeline { to blockHash transactionHash } } }
  results { items { id status blockNumber blockHash transactionHash logIndex challenge { id } } }
  challenges { totalCount }
  models { items { requestCount } }
}`
interface Everything {
  requests: { items: { id: Hex; status: string; result: { id: Hex; node: { id: Hex } }; timeline: { to: string }[] }[] }
  results: { items: { id: Hex; status: string; blockNumber: string; blockHash: Hex; challenge: unknown }[] }
  challenges: { totalCount: number }
  models: { items: { requestCount: number }[] }
}

test('what a reorg took away is gone, and what came instead is there', async () => {
  const deadline = (await stage.now()) + 5_000n
  const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  const lost = await requestAndPost(stage.cast.node, 'one answer', deadline)
  await stage.move(stage.cast.watcher, 'challenge', [lost.resultId], CHALLENGE_BOND)
  await index.reached(await stage.head())
  const before = await index.ask<Everything>(everything)
  expect(before.results.items).toMatchObject([{ id: lost.resultId, status: 'challenged' }])
  await expectBondsOfTheChain()

  let kept = lost
  await reorganise(snapshot, async () => {
    kept = await requestAndPost(stage.cast.otherNode, 'another answer', deadline)
  })
  const after = await index.ask<Everything>(everything)
  expect(kept.requestId).toBe(lost.requestId)
  expect(after.results.items).toMatchObject([{ id: kept.resultId, status: 'posted', challenge: null }])
  expect(after.requests.items).toMatchObject([
    { id: kept.requestId, status: 'posted', result: { id: kept.resultId, node: { id: stage.cast.otherNode } } },
  ])
  expect(after.requests.items[0]?.timeline.map(({ to }) => to)).toEqual(['requested', 'posted'])
  expect(after.challenges.totalCount).toBe(0)
  expect(after.models.items).toEqual([{ requestCount: 1 }])
  await expectBondsOfTheChain()
})

test('a result that comes back in another block is told apart by its block, and told once', async () => {
  const deadline = (await stage.now()) + 5_000n
  const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  const first = await requestAndPost(stage.cast.node, 'the answer', deadline)
  await index.reached(await stage.head())
  const shown = (all: Everything) => all.results.items.filter(({ id }) => id === first.resultId)
  const before = shown(await index.ask<Everything>(everything))
  expect(before).toHaveLength(1)

  await reorganise(snapshot, async () => {
    await stage.mine(2)
    const again = await requestAndPost(stage.cast.node, 'the answer', deadline)
    expect(again).toEqual(first)
  })
  const all = await index.ask<Everything>(everything)
  const after = shown(all)
  expect(after).toHaveLength(1)
  const block = await stage.client.getBlock({ blockNumber: BigInt(after[0]?.blockNumber as string) })
  expect(after[0]?.blockHash).toBe(block.hash)
  expect(after[0]?.blockHash).not.toBe(before[0]?.blockHash)
  expect(all.requests.items.find(({ id }) => id === first.requestId)?.timeline.map(({ to }) => to)).toEqual([
    'requested',
    'posted',
  ])
  await expectBondsOfTheChain()
})

test('a settlement that a reorg undid is open again', async () => {
  const { resultId } = await requestAndPost(stage.cast.node, 'settled twice', (await stage.now()) + 50n)
  await stage.pass(200)
  const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  await stage.move(stage.cast.stranger, 'finalize', [resultId])
  await stage.move(stage.cast.node, 'withdraw', [stage.cast.node])
  await index.reached(await stage.head())
  const ask = () =>
    index.ask(
      `{ result(id: "${resultId}") { status settledAt payouts { amount } node { finalizedCount account { withdrawn } } } }`,
    )
  expect(await ask()).toMatchObject({
    result: {
      status: 'finalized',
      payouts: [{ amount: '10' }],
      node: { finalizedCount: 1, account: { withdrawn: '10' } },
    },
  })

  await reorganise(snapshot, async () => {})
  expect(await ask()).toEqual({
    result: {
      status: 'posted',
      settledAt: null,
      payouts: [],
      node: { finalizedCount: 0, account: { withdrawn: '0' } },
    },
  })
  await expectBondsOfTheChain()
})

async function revealed(output: string) {
  const { resultId } = await requestAndPost(stage.cast.node, output, (await stage.now()) + 50n)
  await stage.move(stage.cast.watcher, 'challenge', [resultId], CHALLENGE_BOND)
  await stage.move(stage.cast.node, 'reveal', [resultId, sha256(`trace of ${output}`), ''])
  return resultId
}

const dispute = `query ($id: Hex!) { result(id: $id) {
  status windowEnd conviction { convictor { id } } payouts { reason } timeline { to } challenge { cause }
  demands { totalCount items { id status suppliedAt withheldAt settledAt supplier { id } } }
  appeals { totalCount items { appellant { id } } }
} }`

test('a conviction that a reorg took away leaves no trace, and a demand takes its place', async () => {
  const { cast } = stage
  const id = await revealed('a guilty answer')
  const windowEnd = async () =>
    (
      await stage.client.readContract({
        ...{ address: stage.contract, abi: gainsayAbi, functionName: 'resultOf' },
        args: [id],
      })
    ).windowEnd
  const before = await windowEnd()
  await stage.pass(2)
  const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  await convict(stage, id)
  await index.reached(await stage.head())
  expect(await index.ask(dispute, { id })).toMatchObject({
    result: {
      ...{ status: 'rejected', challenge: { cause: 'conviction' } },
      conviction: { convictor: { id: cast.convictor } },
      demands: { totalCount: 0 },
    },
  })
  await expectBondsOfTheChain()

  let demandId: Hex | undefined
  await reorganise(snapshot, async () => {
    demandId = await demand(stage, id, cast.watcher, demanded.open)
    await stage.argue(cast.watcher, 'appeal', [id, sha256('evidence'), 'https://watcher.example', '0x'])
  })
  expect(await windowEnd()).toBeGreaterThan(before)
  expect(await index.ask(dispute, { id })).toEqual({
    result: {
      ...{ status: 'revealed', windowEnd: String(await windowEnd()), conviction: null, challenge: { cause: null } },
      ...{ payouts: [], timeline: ['requested', 'posted', 'challenged', 'revealed'].map((to) => ({ to })) },
      demands: {
        totalCount: 1,
        items: [{ id: demandId, status: 'open', suppliedAt: null, withheldAt: null, settledAt: null, supplier: null }],
      },
      appeals: { totalCount: 1, items: [{ appellant: { id: cast.watcher } }] },
    },
  })
  await expectBondsOfTheChain()
})

test('what was withheld on one branch is supplied and paid on the other', async () => {
  const { cast } = stage
  const id = await revealed('an honest answer')
  await stage.pass(2)
  const demandId = await demand(stage, id, cast.watcher, demanded.paid)
  const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  const shownDemand = async () => {
    const { result } = await index.ask<{ result: { demands: { items: unknown[] } } }>(dispute, { id })
    return result
  }

  await stage.pass(Number(DEMAND_TERMS.supplyWindow) + 1)
  await stage.argue(cast.stranger, 'claimWithheld', [demandId])
  await index.reached(await stage.head())
  const withheld = await shownDemand()
  const at = String((await stage.client.getBlock()).timestamp)
  expect(withheld).toMatchObject({
    ...{ status: 'rejected', challenge: { cause: 'withheld' } },
    demands: { items: [{ status: 'withheld', suppliedAt: null, supplier: null, withheldAt: at, settledAt: at }] },
  })
  expect(withheld).toHaveProperty('payouts', expect.arrayContaining([{ reason: 'demandReturned' }]))

  await reorganise(snapshot, async () => {
    await stage.argue(cast.stranger, 'supply', [demandId, shown.supply])
    await stage.pass(3 * WINDOW)
    await stage.move(cast.stranger, 'finalize', [id])
    await stage.argue(cast.stranger, 'settleDemand', [demandId])
  })
  const paid = await shownDemand()
  expect(paid).toMatchObject({
    ...{ status: 'finalized', challenge: { cause: null }, conviction: null },
    demands: { totalCount: 1, items: [{ status: 'paid', withheldAt: null, supplier: { id: cast.stranger } }] },
  })
  expect(paid).not.toHaveProperty('demands.items.0.settledAt', at)
  expect(paid).toHaveProperty('payouts', expect.arrayContaining([{ reason: 'demandPaid' }]))
  expect(paid).not.toHaveProperty('payouts', expect.arrayContaining([{ reason: 'demandReturned' }]))
  await expectBondsOfTheChain()
})
