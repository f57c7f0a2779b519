import { type Hex, toHex } from 'viem'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { encodePart } from '../../chain/encode-proof.ts'
import { dishonestAnswerer } from '../../demo/cheats/answerer.ts'
import { noise } from '../../demo/cheats/noise.ts'
import { withholder } from '../../demo/cheats/withholder.ts'
import { type DemoModel, demoModels, readDemoModel } from '../../demo/models.ts'
import { honestAnswerer } from '../../node/answerer.ts'
import { commitTrace, EXTRA } from '../../protocol/proof/commit-trace.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import type { CommittedGraph } from '../../protocol/proof/graph.ts'
import { CHUNK_BYTES } from '../../protocol/proof/merkle.ts'
import { unpackTrace } from '../../protocol/trace.ts'
import { demandTerms, FEE, Harness, memoryLog, terms } from './harness.ts'

let at: Harness
let modelId: Hex
let hello: DemoModel
let graph: CommittedGraph

beforeAll(async () => {
  at = await Harness.start()
  hello = demoModels().find(({ name }) => name === 'hello_deepa') as DemoModel
  graph = committedModel(readDemoModel(hello)).graph
  modelId = await at.registerModel(hello, undefined, hello.terms)
}, 120_000)

afterEach(() => at.stopNodes())

afterAll(() => at?.stop())

/** Takes a new request of this node to the revealed trace. */
const revealedBy = async (node: Hex, seed: string) => {
  const { id } = await at.request(modelId, node, hello.input(seed))
  await at.until(id, 'posted')
  const { resultId } = await at.requestOf(id)
  await at.challenge(resultId)
  await at.until(id, 'revealed')
  const call = { address: at.contract, abi: gainsayAbi, eventName: 'Revealed', fromBlock: 0n, strict: true } as const
  const [revealed] = await at.client.getContractEvents({ ...call, args: { resultId } })
  return { id, resultId, uri: revealed?.args.uri as string }
}

/** All that demanding a header takes. */
const headerProof = () =>
  encodePart(graph.header, {
    tensor: { dtype: 'bool', axis: -1, dims: [], root: new Uint8Array(32) },
    path: [],
    runs: [],
  })
const demandHeader = (resultId: Hex, entry: number) => at.demand(resultId, { entry, first: 0, count: 0 }, headerProof())
const supplied = (demandId: Hex) =>
  at.eventually(async () => (await at.demandStatusOf(demandId)) === 'supplied', 'the supply')

it('an honest node supplies headers and chunks, finalizes, and is paid for them', async () => {
  const node = at.node({ answerer: honestAnswerer })
  const { id, resultId, uri } = await revealedBy(node.address, 'demanded')
  const committed = commitTrace(graph, unpackTrace(at.published.get(uri) as Uint8Array, 2 ** 28))
  const last = graph.entries + EXTRA.length - 1
  const headers = [await demandHeader(resultId, 0), await demandHeader(resultId, last)]

  // Of every tensor the last chunk, which may be shorter than the others; of the largest as many as one may demand.
  const chunks = committed.entries.map(({ header: { dims }, tensor }) => {
    expect(dims).toEqual(tensor.dims)
    return Math.ceil(tensor.data.length / CHUNK_BYTES)
  })
  const largest = chunks.indexOf(Math.max(...chunks))
  const parts = [
    { entry: largest, first: 0, count: Math.min(16, chunks[largest] as number) },
    { entry: last, first: (chunks[last] as number) - 1, count: 1 },
    { entry: graph.entries - 1, first: (chunks[graph.entries - 1] as number) - 1, count: 1 },
  ]
  const pieces: Hex[] = []
  for (const part of parts)
    pieces.push(await at.demand(resultId, part, encodePart(graph.header, committed.open(part.entry))))
  for (const demandId of [...headers, ...pieces]) await supplied(demandId)

  await at.passTime(terms.convictionWindow)
  await at.until(id, 'finalized')
  for (const demandId of [...headers, ...pieces])
    await at.eventually(async () => (await at.demandStatusOf(demandId)) === 'paid', 'the fee')
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  const fees = 5n * demandTerms.baseFee + BigInt(count) * demandTerms.chunkFee
  expect(await at.creditOf(node.address)).toBe(FEE + terms.challengeBond + fees)
})

it('supplies after a restart, and again after a reorg took the supply back', async () => {
  const account = at.freshAccount()
  const first = at.node({ account, answerer: honestAnswerer })
  const { id, resultId } = await revealedBy(account.address, 'restarted')
  await first.stop()
  const demandId = await demandHeader(resultId, 1)
  await at.blocks(2n)
  at.node({ account, answerer: honestAnswerer })
  await supplied(demandId)
  const call = {
    address: at.conviction,
    abi: convictionAbi,
    eventName: 'Supplied',
    fromBlock: 0n,
    strict: true,
  } as const
  const find = async () => (await at.client.getContractEvents({ ...call, args: { demandId } }))[0]
  const event = await find()
  await at.reorg((await at.client.getBlockNumber()) - (event?.blockNumber as bigint) + 1n)
  await at.eventually(async () => {
    const now = await find()
    return now !== undefined && now.blockHash !== event?.blockHash
  }, 'another supply')
  await at.passTime(terms.convictionWindow)
  await at.until(id, 'finalized')
})

it('a node that lies but answers demands supplies the trace of its lie', async () => {
  const node = at.node({ answerer: dishonestAnswerer(noise) })
  const { resultId } = await revealedBy(node.address, 'liar')
  await supplied(await demandHeader(resultId, graph.entries - 1))
})

it('a node that withholds its trace loses its bond to whoever demanded it', async () => {
  const node = at.node({ answerer: dishonestAnswerer(withholder) })
  const { id, resultId } = await revealedBy(node.address, 'withheld')
  const demandId = await demandHeader(resultId, 0)
  await at.blocks(4n)
  expect(await at.demandStatusOf(demandId)).toBe('open')
  await at.passTime(demandTerms.supplyWindow)
  const before = await at.creditOf(at.watcher.address)
  await at.dispute(at.watcher, 'claimWithheld', [demandId])
  expect(await at.statusOf(id)).toBe('rejected')
  expect(await at.demandStatusOf(demandId)).toBe('returned')
  const reward = (terms.nodeBond * BigInt(terms.rewardBps)) / 10_000n
  expect((await at.creditOf(at.watcher.address)) - before).toBeGreaterThanOrEqual(reward + demandTerms.baseFee)
})

it('an honest node refuses a model with another graph than its file, and inputs that it does not have', async () => {
  const { log, messages } = memoryLog()
  const other = await at.registerModel(hello, undefined, hello.terms, toHex(7, { size: 32 }))
  const node = at.node({ answerer: honestAnswerer, log })
  const [[name, tensor]] = [...hello.input('refused')] as [[string, never]]
  const lured = await at.request(other, node.address, hello.input('lured'))
  const unnamed = await at.request(modelId, node.address, new Map([[`${name}?`, tensor]]))
  const more = await at.request(modelId, node.address, new Map([...hello.input('more'), ['more', tensor]]))
  const good = await at.request(modelId, node.address, hello.input('good'))
  await at.until(good.id, 'posted')
  await at.blocks(2n)
  for (const { id } of [lured, unnamed, more]) expect(await at.statusOf(id)).toBe('requested')
  for (const part of ['registered with the graph', 'the request has no input', 'the model has no input'])
    await at.eventually(() => messages.some((message) => message.includes(part)), part)
})
