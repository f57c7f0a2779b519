import { setTimeout as sleep } from 'node:timers/promises'
import { encodeAbiParameters, encodeEventTopics, type Hex, pad, sha256, size, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { inferenceHubAbi, taskSchedulerAbi, workflowAbi } from '../../networks/opengradient/abi.ts'
import { hubResultWithoutShapeAbi, inferenceWithoutPayloadAbi } from '../../networks/opengradient/history-abi.ts'
import type { InferenceEvent, ModelOutput } from '../../networks/opengradient/types.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import { rpc } from '../index/support/rpc.ts'
import { type Stage, startStage } from '../index/support/stage.ts'
import { hubCode, repeating, schedulerCode, workflowCode } from './callers.ts'
import { emission, emitterCode, enormousEmission, inferenceEmission } from './precompile.ts'

// Gainsay's contracts on one chain and OpenGradient on another, of which one index makes one history.

const CHAIN_ID = 10740
const PRECOMPILE = '0x00000000000000000000000000000000000000f4'
const HUB = '0x8383c9bd7462f12eb996dd02f78234c0421a6fae'
const SCHEDULER = '0x7179724de4e7ff9271fa40c0337c7f90c0508ef6'
const WORKFLOW = '0x00000000000000000000000000000000000f10e5'
const EMPTY: ModelOutput = { numbers: [], strings: [], jsons: [], is_simulation_result: false }
const output = (value: bigint): ModelOutput => ({
  ...EMPTY,
  numbers: [{ name: 'y', values: [{ value, decimals: 1n }], shape: [1] }],
})
const inference = (inferenceID: string, response: ModelOutput): InferenceEvent => {
  const input = { numbers: [{ name: 'x', values: [{ value: 3n, decimals: 0n }], shape: [1] }], strings: [] }
  return { inferenceID, request: { mode: 0, modelCID: 'A'.repeat(43), input }, response }
}
const hubTopic = encodeEventTopics({ abi: inferenceHubAbi, eventName: 'InferenceResult' }) as Hex[]
const hubSays = (it: ModelOutput) => encodeAbiParameters(inferenceHubAbi[0].inputs, [it])

let stage: Stage
let other: LocalChain
let index: IndexProcess
let user: Hex
let last: bigint

beforeAll(async () => {
  stage = await startStage()
  other = await startLocalChain({ blockTime: 1, accounts: 2, chainId: CHAIN_ID })
  user = other.accounts[0]?.address.toLowerCase() as Hex
  const codes = { [PRECOMPILE]: emitterCode, [HUB]: hubCode, [SCHEDULER]: schedulerCode, [WORKFLOW]: workflowCode }
  for (const [address, code] of Object.entries(codes)) await rpc(other.rpcUrl, 'anvil_setCode', address, code)
  await say(PRECOMPILE, inferenceEmission(inference('alone', output(1n))))
  await say(HUB, repeating(inferenceEmission(inference('repeated', output(2n))), hubTopic, hubSays(output(2n))))
  await say(HUB, repeating(inferenceEmission(inference('contradicted', output(3n))), hubTopic, hubSays(output(4n))))
  await say(HUB, repeating(inferenceEmission(inference('hushed', output(5n))), hubTopic, hubSays(EMPTY)))
  await schedule('TaskRegistered', [1_000n, 60n])
  const topics = encodeEventTopics({
    abi: workflowAbi,
    eventName: 'InferenceResultEmitted',
    args: { caller: SCHEDULER },
  })
  const said = encodeAbiParameters([{ ...workflowAbi.find(isEmitted)?.inputs[1] } as never], [output(6n)] as never)
  await say(WORKFLOW, repeating(inferenceEmission(inference('scheduled', output(6n))), topics as Hex[], said))
  await schedule('TaskUpdated', [2_000n, 30n])
  await schedule('TaskStopped', [])
  const [past] = encodeEventTopics({ abi: inferenceWithoutPayloadAbi, eventName: 'ModelInferenceEvent' })
  const once = emission(past as Hex, encodeAbiParameters(inferenceWithoutPayloadAbi[0].inputs, ['past', 2, 'Qm']))
  const pastTopic = encodeEventTopics({ abi: hubResultWithoutShapeAbi, eventName: 'InferenceResult' })
  const values = [{ value: 1n, decimals: 0n }]
  const pastOutput = { numbers: [{ name: 'y', values }], strings: [], is_simulation_result: false }
  await say(
    HUB,
    repeating(once, pastTopic as Hex[], encodeAbiParameters(hubResultWithoutShapeAbi[0].inputs, [pastOutput])),
  )
  last = BigInt((await rpc(other.rpcUrl, 'eth_blockNumber')) as Hex)
  process.env.OPENGRADIENT_RPC_URL = Array(8).fill(other.rpcUrl).join(',')
  process.env.OPENGRADIENT_CHAIN_ID = String(CHAIN_ID)
  index = await startIndex(stage, { env: { GAINSAY_API_MAX_ANSWER_BYTES: String(2 ** 20) } })
})
afterAll(async () => {
  await index?.stop()
  await other?.stop()
  await stage?.stop()
})

const isEmitted = (entry: { name: string }) => entry.name === 'InferenceResultEmitted'

/** Sends a transaction and waits until it is in a block. */
async function say(to: Hex, data: Hex): Promise<void> {
  const hash = await rpc(other.rpcUrl, 'eth_sendTransaction', { from: user, to, data, gas: '0x1000000' })
  for (const until = Date.now() + 60_000; !(await rpc(other.rpcUrl, 'eth_getTransactionReceipt', hash)); )
    if (Date.now() > until) throw new Error(`${hash} was not mined`)
    else await sleep(100)
}

async function schedule(eventName: 'TaskRegistered' | 'TaskUpdated' | 'TaskStopped', values: bigint[]): Promise<void> {
  const topics = encodeEventTopics({ abi: taskSchedulerAbi, eventName, args: { user, contractAddress: WORKFLOW } })
  await say(
    SCHEDULER,
    `0x${[...topics, ...values.map((one) => pad(toHex(one)))].map((one) => (one as Hex).slice(2)).join('')}`,
  )
}

test('one index has both chains: inferences with what hub and workflow say of them, and forms of the past', async () => {
  interface Shown {
    externalId: string
    chainId: number
    mode: string
    output: Hex | null
    outputHash: Hex
    echoes: object[]
  }
  const ask = () =>
    index.ask<{ results: { items: Shown[] } }>(`{ results(where: { network: opengradient }, direction: asc) { items {
      externalId chainId mode output outputHash echoes { kind empty agrees task { contract runCount } } } } }`)
  // The embedded database has one connection: while a backlog is written, a table after the other, it is seen half written.
  const count = async () => {
    const { items } = (await ask()).results
    return [items.length, items.reduce((sum, { echoes }) => sum + echoes.length, 0)]
  }
  await expect.poll(count, { timeout: 60_000 }).toEqual([6, 5])
  const { items } = (await ask()).results
  const said = (kind: string, agrees: boolean | null, empty = false) => ({ kind, empty, agrees, task: null })
  expect(items.map(({ externalId, echoes }) => [externalId, ...echoes])).toEqual([
    ['alone'],
    ['repeated', said('hub', true)],
    ['contradicted', said('hub', false)],
    ['hushed', said('hub', null, true)],
    ['scheduled', { ...said('workflow', true), task: { contract: WORKFLOW, runCount: 1 } }],
    ['past', said('hub', null)],
  ])
  expect(new Set(items.map(({ chainId }) => chainId))).toEqual(new Set([CHAIN_ID]))
  expect(items.at(-1)).toMatchObject({ mode: 'tee', output: null, outputHash: sha256('0x') })
  const { tasks } = await index.ask<{ tasks: { items: object[] } }>(
    '{ tasks { items { contract endTime frequency stoppedAt owner { id } runs { items { result { externalId } } } } } }',
  )
  expect(tasks.items).toEqual([
    {
      ...{ contract: WORKFLOW, endTime: '2000', frequency: '30', stoppedAt: expect.any(String), owner: { id: user } },
      runs: { items: [{ result: { externalId: 'scheduled' } }] },
    },
  ])
  expect(last).toBeGreaterThan(8n)
})

test('the tensors of an inference are shown', async () => {
  const { results } = await index.ask<{
    results: { items: object[] }
  }>(`{ results(where: { externalId: "alone" }) { items {
    outputTensors { reason tensors { name dtype shape firstValues } }
    request { inputTensors { tensors { name dtype firstValues } } } } } }`)
  expect(results.items).toEqual([
    {
      outputTensors: { reason: null, tensors: [{ name: 'y', dtype: 'float32', shape: [1], firstValues: ['0.1'] }] },
      request: { inputTensors: { tensors: [{ name: 'x', dtype: 'int64', firstValues: ['3'] }] } },
    },
  ])
})

test('payloads that an answer has no room for are not read; a list without them, and one of them, are', async () => {
  for (let i = 0; i < 3; i++) await say(PRECOMPILE, enormousEmission('json', 400_000 + i))
  const where = 'where: { externalId: "json" }'
  const ask = <Data>(fields: string) => index.ask<Data>(`{ results(${where}) { items { ${fields} } } }`)
  const sizes = async () => (await ask<{ results: { items: { id: Hex }[] } }>('id outputHash')).results.items
  await expect.poll(async () => (await sizes()).length, { timeout: 60_000 }).toBe(3)
  await expect(ask('id output')).rejects.toThrow('the payloads alone are larger than 1048576 bytes')
  const [one] = await sizes()
  const { result } = await index.ask<{ result: { output: Hex } }>(`{ result(id: "${one?.id}") { output } }`)
  expect(size(result.output)).toBeGreaterThan(400_000)
})

test('how far the index is, is said of the chain of the contract, whatever the other one does', async () => {
  const place = () =>
    index.ask<{ index: { blockNumber: string } }>(
      '{ index { network chainId contract blockNumber lastEvent { blockHash } } }',
    )
  const at = { network: 'gainsay', chainId: stage.chainId, contract: stage.contract }
  const head = async () => ({ index: { ...at, blockNumber: String(await stage.head()), lastEvent: null } })
  await expect.poll(place, { timeout: 60_000 }).toEqual(await head())
  // Both go on, in turns: it is not the one that spoke last, or the other one.
  const otherHead = async () => BigInt((await rpc(other.rpcUrl, 'eth_blockNumber')) as Hex)
  for (let turn = 0; turn < 3; turn++) {
    await stage.mine(1)
    const [now, then] = [await stage.head(), await otherHead()]
    expect(then).toBeGreaterThan(now)
    while ((await otherHead()) < then + 2n) {
      expect(Number((await place()).index.blockNumber)).toBeLessThanOrEqual(Number(now))
      await sleep(50)
    }
    await expect.poll(place, { timeout: 60_000 }).toEqual(await head())
  }
  const readiness = await fetch(`${index.apiUrl}/readiness`)
  expect(await readiness.json()).toMatchObject({ ready: true, indexed: String(await stage.head()) })
})

test('what a reorg takes away is gone, and what it brings is there', async () => {
  const before = await rpc(other.rpcUrl, 'evm_snapshot')
  await say(PRECOMPILE, inferenceEmission(inference('undone', output(7n))))
  const named = async (id: string) =>
    (await index.ask<{ results: { totalCount: number } }>(`{ results(where: { externalId: "${id}" }) { totalCount } }`))
      .results.totalCount
  await expect.poll(() => named('undone'), { timeout: 60_000 }).toBe(1)
  await rpc(other.rpcUrl, 'evm_revert', before)
  await say(PRECOMPILE, inferenceEmission(inference('instead', output(8n))))
  await expect.poll(() => named('instead'), { timeout: 60_000 }).toBe(1)
  // A count may be a second old after a reorg.
  await expect.poll(() => named('undone'), { timeout: 60_000 }).toBe(0)
})
