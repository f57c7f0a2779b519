import { createPublicClient, custom, type Hex, hexToBytes } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { Arbiter } from '../../demo/arbiter.ts'
import { dishonestAnswerer } from '../../demo/cheats/answerer.ts'
import { noise } from '../../demo/cheats/noise.ts'
import { silent } from '../../demo/cheats/silent.ts'
import { type DemoModel, demoModels, readDemoModel } from '../../demo/models.ts'
import { type Answerer, honestAnswerer } from '../../node/answerer.ts'
import { infer } from '../../node/infer.ts'
import { RESCAN_BLOCKS } from '../../node/node.ts'
import { sha256Hex } from '../../node/payload.ts'
import { commitTrace, EXTRA } from '../../protocol/proof/commit-trace.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { unpackTrace } from '../../protocol/trace.ts'
import { FEE, Harness, memoryLog, silentLog, terms, testClientOf } from './harness.ts'

let at: Harness
let modelId: Hex
let hello: DemoModel
let arbiter: Arbiter

beforeAll(async () => {
  at = await Harness.start()
  hello = demoModels().find(({ name }) => name === 'hello_deepa') as DemoModel
  const judge = at.freshAccount()
  modelId = await at.registerModel(hello, judge.address)
  const { client, contract, fetchBytes } = at
  arbiter = new Arbiter({ client, contract, fetchBytes, account: judge, log: silentLog, pollMs: 50 })
  arbiter.start()
})

afterEach(() => at.stopNodes())

afterAll(async () => {
  await arbiter?.stop()
  await at?.stop()
})

type Rpc = (request: { method: string; params?: unknown }) => Promise<unknown>

/** A client that asks through something that may fail. */
const clientThrough = (between: (request: Parameters<Rpc>[0], pass: Rpc) => Promise<unknown>) => {
  const request = (asked: Parameters<Rpc>[0]) => between(asked, (passed) => at.client.request(passed as never))
  return createPublicClient({ chain: anvil, cacheTime: 0, transport: custom({ request }, { retryCount: 0 }) })
}

const resultIdOf = async (requestId: Hex) => (await at.requestOf(requestId)).resultId
const txCount = (address: Hex) => at.client.getTransactionCount({ address })
const postedOutput = async (resultId: Hex) => {
  const call = { address: at.contract, abi: gainsayAbi, eventName: 'Posted', fromBlock: 0n, strict: true } as const
  const logs = await at.client.getContractEvents({ ...call, args: { resultId } })
  return hexToBytes(logs[0]?.args.output.data as Hex)
}

describe('an honest node', () => {
  it('posts what the model gives, finalizes it, and takes out its fee', async () => {
    const node = at.node({ answerer: honestAnswerer })
    const { id } = await at.request(modelId, node.address, hello.input('honest'))
    await at.until(id, 'posted')
    const resultId = await resultIdOf(id)
    const outputs = await infer({ model: readDemoModel(hello), inputs: hello.input('honest') })
    expect(await postedOutput(resultId)).toEqual(encodeTensors(outputs))
    await at.eventually(() => node.answers().length === 1, 'the record')
    expect(node.answers()).toEqual([{ requestId: id, resultId, dishonest: null }])

    await at.passTime(terms.challengeWindow)
    await at.until(id, 'finalized')
    expect(await at.creditOf(node.address)).toBe(FEE)
    const before = await at.client.getBalance({ address: node.address })
    expect(await node.withdraw()).toBe(FEE)
    expect(await at.creditOf(node.address)).toBe(0n)
    expect(await at.client.getBalance({ address: node.address })).toBeGreaterThan(before + (FEE * 9n) / 10n)
    expect(await node.withdraw()).toBe(0n)
  })

  it('reveals a trace whose root recomputes and that ends in what it posted, and wins', async () => {
    const node = at.node({ answerer: honestAnswerer })
    const { id } = await at.request(modelId, node.address, hello.input('challenged'))
    await at.until(id, 'posted')
    const resultId = await resultIdOf(id)
    await at.challenge(resultId)
    await at.until(id, 'revealed')

    const call = { address: at.contract, abi: gainsayAbi, eventName: 'Revealed', fromBlock: 0n, strict: true } as const
    const [revealed] = await at.client.getContractEvents({ ...call, args: { resultId } })
    const trace = unpackTrace(at.published.get(revealed?.args.uri as string) as Uint8Array, 2 ** 28)
    const { root } = commitTrace(committedModel(readDemoModel(hello)).graph, trace)
    expect(root).toBe(revealed?.args.traceRoot)
    expect((await at.resultOf(resultId)).traceRoot).toBe(root)
    const last = trace.at(-1 - EXTRA.length)
    expect(encodeTensors(new Map([[last?.name as string, last?.tensor as never]]))).toEqual(
      await postedOutput(resultId),
    )

    // Time for the arbiter to be wrong.
    await at.blocks(3n)
    expect(await at.statusOf(id)).toBe('revealed')
    await at.passTime(terms.convictionWindow)
    await at.until(id, 'finalized')
    expect(await at.creditOf(node.address)).toBe(FEE + terms.challengeBond)
  })

  it('leaves requests to others alone that do not name it', async () => {
    const node = at.node({ answerer: honestAnswerer })
    const { id } = await at.request(modelId, at.freshAccount().address, hello.input('other'))
    await at.blocks(3n)
    expect(await at.statusOf(id)).toBe('requested')
    expect(node.answers()).toEqual([])
  })

  it('goes on with the next request when one cannot be answered', async () => {
    const { log, messages } = memoryLog()
    const node = at.node({ answerer: honestAnswerer, log })
    const garbage = await at.request(modelId, node.address, new TextEncoder().encode('not tensors'))
    const wrongShape = await at.request(
      modelId,
      node.address,
      new Map([['x', [...hello.input(1).values()][0] as never]]),
    )
    const missing = await at.request(modelId, node.address, new Uint8Array(5000))
    at.published.delete(`memory:${sha256Hex(new Uint8Array(5000))}`)
    const good = await at.request(modelId, node.address, hello.input('good'))
    await at.until(good.id, 'posted')
    for (const { id } of [garbage, wrongShape, missing]) expect(await at.statusOf(id)).toBe('requested')
    const said = (part: string) => () => messages.some((message) => message.includes(part))
    await at.eventually(said('nothing is published'), 'the node to say what it could not fetch')
    await at.eventually(() => node.answers().length > 0, 'the record')
    expect(node.answers().map(({ requestId }) => requestId)).toEqual([good.id])
  })

  it('does not run a model whose bytes are not those registered, nor one it does not serve', async () => {
    const { log, messages } = memoryLog()
    const lied = at.node({ answerer: honestAnswerer, fetchBytes: async () => new Uint8Array(10), log })
    const choosy = at.node({ answerer: honestAnswerer, models: new Set<Hex>(), log })
    const first = await at.request(modelId, lied.address, hello.input('lie'))
    const second = await at.request(modelId, choosy.address, hello.input('choosy'))
    await at.blocks(3n)
    expect(await at.statusOf(first.id)).toBe('requested')
    expect(await at.statusOf(second.id)).toBe('requested')
    expect(messages.some((message) => message.includes('does not have the hash'))).toBe(true)
    expect(messages.some((message) => message.includes('does not serve'))).toBe(true)
  })

  it('answers more requests at a time than it bonded for', async () => {
    const node = at.node({ answerer: honestAnswerer, bondFor: 1 })
    const requests = []
    for (let i = 0; i < 3; i++) requests.push(await at.request(modelId, node.address, hello.input(`many/${i}`)))
    for (const { id } of requests) await at.until(id, 'posted')
    const call = { address: at.contract, abi: gainsayAbi, functionName: 'lockedBondOf', args: [node.address] } as const
    expect(await at.client.readContract(call)).toBe(3n * terms.nodeBond)
  })
})

describe('a dishonest node', () => {
  it('that reveals is ruled against by the arbiter', async () => {
    const node = at.node({ answerer: dishonestAnswerer(noise) })
    const { id } = await at.request(modelId, node.address, hello.input('noisy'))
    await at.until(id, 'posted')
    await at.challenge(await resultIdOf(id))
    await at.until(id, 'rejected')
    await at.eventually(() => node.answers().length === 1, 'the record')
    expect(node.answers()[0]?.dishonest).toBe('noise')
    expect((await at.resultOf(await resultIdOf(id))).traceRoot).not.toMatch(/^0x0+$/)
  })

  it('that stays silent loses, and fills its bond up for the next one', async () => {
    const node = at.node({ answerer: dishonestAnswerer(silent), bondFor: 1 })
    const { id } = await at.request(modelId, node.address, hello.input('silent'))
    await at.until(id, 'posted')
    const resultId = await resultIdOf(id)
    await at.challenge(resultId)
    await at.blocks(3n)
    expect(await at.statusOf(id)).toBe('challenged')
    await at.passTime(terms.revealWindow)
    await at.send(at.watcher, 'claimSilence', [resultId])
    expect(await at.statusOf(id)).toBe('rejected')
    expect(node.answers()).toEqual([{ requestId: id, resultId, dishonest: 'silent' }])
    const next = await at.request(modelId, node.address, hello.input('next'))
    await at.until(next.id, 'posted')
  })
})

describe('whatever happens to chain, RPC or process', () => {
  it('a reorg that takes back the post is answered by the same post', async () => {
    const node = at.node({ answerer: honestAnswerer })
    const { id } = await at.request(modelId, node.address, hello.input('reorg'))
    await at.until(id, 'posted')
    const resultId = await resultIdOf(id)
    await at.takeBack('Posted', resultId)
    await at.until(id, 'posted')
    expect(await resultIdOf(id)).toBe(resultId)
    await at.passTime(terms.challengeWindow)
    await at.until(id, 'finalized')
    expect(node.answers()).toEqual([{ requestId: id, resultId, dishonest: null }])
  })

  it('a reorg that takes back request, bond and all is answered once the request is there again', async () => {
    const start = await at.client.getBlockNumber()
    const node = at.node({ answerer: honestAnswerer })
    const { id, again } = await at.request(modelId, node.address, hello.input('deep reorg'))
    await at.until(id, 'posted')
    await at.passTime(terms.challengeWindow)
    await at.until(id, 'finalized')
    await at.reorg((await at.client.getBlockNumber()) - start)
    expect(await at.statusOf(id)).toBe('none')
    await at.blocks(2n)
    await again()
    await at.until(id, 'posted')
    await at.passTime(terms.challengeWindow)
    await at.until(id, 'finalized')
    expect(await at.creditOf(node.address)).toBe(FEE)
  })

  it('a chain that goes back to a snapshot after the reveal is answered by revealing again', async () => {
    const node = at.node({ answerer: honestAnswerer })
    const { id } = await at.request(modelId, node.address, hello.input('snapshot'))
    await at.until(id, 'posted')
    const resultId = await resultIdOf(id)
    await at.challenge(resultId)
    const test = testClientOf(at.chain)
    // As near to the challenge as can be: the reveal may be in already, and then it stays.
    const snapshot = await test.snapshot()
    await at.until(id, 'revealed')
    const { traceRoot: root } = await at.resultOf(resultId)
    await test.revert({ id: snapshot })
    await at.until(id, 'revealed')
    expect((await at.resultOf(resultId)).traceRoot).toBe(root)
    await at.passTime(terms.convictionWindow)
    await at.until(id, 'finalized')
  })

  it('a request in a block that replaced one already looked at is seen', async () => {
    const node = at.node({ answerer: honestAnswerer })
    await at.eventually(async () => (await txCount(node.address)) === 1, 'the bond')
    await at.blocks(8n)
    const { id, call } = await at.prepareRequest(modelId, node.address, hello.input('replaced'))
    await at.reorg(5n, [[call, 0]])
    expect(await at.statusOf(id)).toBe('requested')
    await at.until(id, 'posted')
  })

  it('a settlement taken back long after the request is made again', async () => {
    const node = at.node({ answerer: honestAnswerer })
    const { id } = await at.request(modelId, node.address, hello.input('old'))
    await at.until(id, 'posted')
    const resultId = await resultIdOf(id)
    await testClientOf(at.chain).mine({ blocks: Number(RESCAN_BLOCKS) + 6 })
    await at.passTime(terms.challengeWindow)
    await at.until(id, 'finalized')
    await at.blocks(2n)
    await at.takeBack('Finalized', resultId)
    await at.until(id, 'finalized')
    expect(await at.creditOf(node.address)).toBe(FEE)
  })

  it('a restart at any moment repeats nothing, and the record is there again', async () => {
    const account = at.freshAccount()
    const cheating = dishonestAnswerer(noise)
    const answerer: Answerer = { answer: cheating.answer }
    const step = async (status: Parameters<Harness['until']>[1], id: Hex) => {
      const node = at.node({ account, answerer })
      await at.until(id, status)
      await node.stop()
      return node
    }
    const { id } = await at.request(modelId, account.address, hello.input('restart'))
    await step('posted', id)
    const resultId = await resultIdOf(id)

    // Runs a while with nothing to do: neither bonds nor posts again.
    const idle = at.node({ account, answerer })
    await at.eventually(() => idle.answers().length === 1, 'the record of the result that another life posted')
    await at.blocks(2n)
    await idle.stop()
    expect(idle.answers()).toEqual([{ requestId: id, resultId, dishonest: 'noise' }])
    expect(await txCount(account.address)).toBe(2)

    await arbiter.stop()
    await at.challenge(resultId)
    await step('revealed', id)
    await at.passTime(terms.convictionWindow)
    await step('finalized', id)
    // Bond, post, reveal, finalize.
    expect(await txCount(account.address)).toBe(4)
  })

  it('an RPC that fails for a while only delays the node', async () => {
    let down = true
    const client = clientThrough(async (request, pass) => {
      if (down) throw new Error('the RPC is down')
      return pass(request)
    })
    const { log, messages } = memoryLog()
    const node = at.node({ answerer: honestAnswerer, client, log })
    const { id } = await at.request(modelId, node.address, hello.input('outage'))
    await at.blocks(4n)
    expect(messages.filter((message) => message.includes('cannot follow the chain'))).toHaveLength(1)
    expect(await at.statusOf(id)).toBe('requested')
    down = false
    await at.until(id, 'posted')
    await at.eventually(() => messages.includes('following the chain again'), 'the node to say so')
  })

  it('an RPC that breaks down while it sends makes the node send nothing twice', async () => {
    let [failures, sent] = [0, 0]
    const client = clientThrough(async (request, pass) => {
      if (failures > 0 && failures-- > 0) throw new Error('the RPC is down')
      const answer = await pass(request)
      if (request.method !== 'eth_sendRawTransaction') return answer
      sent++
      failures = 10
      throw new Error('the connection is lost')
    })
    const node = at.node({ answerer: honestAnswerer, client })
    const { id } = await at.request(modelId, node.address, hello.input('breakdown'))
    await at.until(id, 'posted')
    await at.passTime(terms.challengeWindow)
    await at.until(id, 'finalized')
    await at.blocks(2n)
    // Bond, post, finalize: each accepted by the chain once, however often it was sent.
    expect(sent).toBeGreaterThanOrEqual(3)
    expect(await txCount(node.address)).toBe(3)
  })

  it('a node without money says so and still answers for what is open', async () => {
    const account = at.freshAccount()
    const first = at.node({ account, answerer: honestAnswerer, bondFor: 1 })
    const open = await at.request(modelId, account.address, hello.input('rich'))
    await at.until(open.id, 'posted')
    await first.stop()
    const test = testClientOf(at.chain)
    await test.setBalance({ address: account.address, value: terms.nodeBond / 10n })
    const { log, messages } = memoryLog()
    at.node({ account, answerer: honestAnswerer, bondFor: 3, log })
    const refused = await at.request(modelId, account.address, hello.input('poor'))
    await at.challenge(await resultIdOf(open.id))
    await at.until(open.id, 'revealed')
    expect(await at.statusOf(refused.id)).toBe('requested')
    expect(messages.some((message) => message.startsWith('cannot bond'))).toBe(true)
  })
})
