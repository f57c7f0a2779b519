import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../chain/connect.ts'
import { parseConfig } from '../../config/config.ts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { type Collection, collector } from '../../watcher/collect.ts'
import { rpc } from '../index/support/rpc.ts'
import { inline, NOBODY, NODE_BOND, type Stage, sha256, startStage, WINDOW } from '../index/support/stage.ts'
import { type FakeIndex, startFakeIndex } from './fake-index.ts'
import { type FaultyRpc, startFaultyRpc } from './faulty-rpc.ts'

let stage: Stage
let index: FakeIndex
let proxy: FaultyRpc
let journal: Journal
let modelId: `0x${string}`
let collect: () => Promise<Collection>
beforeAll(async () => {
  stage = await startStage()
  const { cast, move } = stage
  const model = { modelHash: sha256('model'), graphRoot: sha256('graph'), uri: 'ipfs://model', arbiter: cast.arbiter }
  modelId = await move(cast.registrant, 'registerModel', [
    { ...model, precision: 1, tolerance: 10n ** 13n, rule: rules.indexOf('worstCase'), lambda: 0 },
  ])
  await move(cast.node, 'bond', [], 50n * NODE_BOND)
  index = await startFakeIndex(stage)
  proxy = await startFaultyRpc(stage.rpcUrl)
  const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-collect-'))
  const config = parseConfig({
    ...{ GAINSAY_RPC_URL: proxy.url, GAINSAY_CHAIN_ID: String(stage.chainId), GAINSAY_CONTRACT: stage.contract },
    ...{ GAINSAY_API_URL: index.apiUrl, GAINSAY_DATA_DIR: dataDir },
  })
  journal = await openJournal(join(dataDir, 'journal.sqlite'))
  const chain = await connect(config)
  const fresh = collector({ journal, config, clock: () => 7, chain })
  collect = async () => {
    await chain.endpoints.refreshHeads(0)
    return fresh()
  }
})
afterAll(async () => {
  await journal?.destroy()
  await proxy?.stop()
  await index?.stop()
  await stage?.stop()
})

async function post(output: string) {
  const deadline = (await stage.now()) + 5000n
  const requestId = await stage.move(stage.cast.requester, 'request', [modelId, NOBODY, inline(output), deadline], 10n)
  return stage.move(stage.cast.node, 'post', [requestId, inline(output)])
}
const finalize = async (resultId: `0x${string}`) => stage.move(stage.cast.stranger, 'finalize', [resultId])
const observations = () => journal.selectFrom('observation').select(['resultId', 'settlement', 'vanishedAt']).execute()

test('what has settled is not asked for again, by anybody, however much there is', async () => {
  const results = [await post('one'), await post('two'), await post('three')]
  await collect()
  await stage.pass(WINDOW + 1)
  for (const result of results) await finalize(result)
  // Settled now: each is asked for once more, and the first rounds of a process look twice.
  await collect()
  index.askedFor.length = 0
  proxy.counts.clear()
  for (let round = 0; round < 5; round++) {
    expect(await collect()).toMatchObject({ open: [], distrust: null, reorged: false })
    await stage.mine(1)
  }
  expect(index.askedFor).toEqual([])
  // A head and at most four headers a round.
  expect(Object.fromEntries(proxy.counts)).toEqual({ eth_blockNumber: 5, eth_getBlockByNumber: expect.any(Number) })
  expect(proxy.counts.get('eth_getBlockByNumber')).toBeLessThanOrEqual(20)
  expect((await observations()).map(({ settlement }) => settlement)).toEqual(['finalized', 'finalized', 'finalized'])
})

test('a reorg that undoes a settlement opens it again', async () => {
  const result = await post('four')
  await stage.pass(WINDOW + 1)
  await collect()
  const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  await finalize(result)
  await collect()
  expect((await observations()).at(-1)).toMatchObject({ resultId: result, settlement: 'finalized' })
  await rpc(stage.rpcUrl, 'evm_revert', snapshot)
  await stage.mine(3)
  const { open, reorged } = await collect()
  expect(reorged).toBe(true)
  expect(open.map(({ result: { id } }) => id)).toEqual([result])
  expect((await observations()).at(-1)).toMatchObject({ resultId: result, settlement: null })
})

test('a reorg that takes a settled result away altogether is seen, also when the index is late', async () => {
  const snapshot = await rpc(stage.rpcUrl, 'evm_snapshot')
  const result = await post('five')
  await collect()
  await stage.pass(WINDOW + 1)
  await finalize(result)
  await collect()
  await collect()
  expect((await observations()).at(-1)).toMatchObject({ resultId: result, settlement: 'finalized', vanishedAt: null })
  // The index still shows what was, when the chain is another one already: that is not to be learned from.
  const { number, timestamp } = await stage.client.getBlock()
  const late = { blockNumber: number, timestamp }
  const events = await stage.events()
  const last = events.at(-1)
  const lastEvent = last ? { blockNumber: last.blockNumber, blockHash: last.blockHash } : null
  await rpc(stage.rpcUrl, 'evm_revert', snapshot)
  await stage.mine(8)
  index.forge = (truth) => ({ ...truth, ...late, lastEvent })
  await expect(collect()).rejects.toThrow(/other blocks than the index/)
  expect((await observations()).at(-1)).toMatchObject({ vanishedAt: null })
  index.forge = (truth) => truth
  expect(await collect()).toMatchObject({ reorged: true })
  expect((await observations()).at(-1)).toMatchObject({ resultId: result, vanishedAt: 7 })
})
