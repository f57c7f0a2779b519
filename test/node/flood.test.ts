import { createWalletClient, type Hex, http, parseEther } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { encodePart } from '../../chain/encode-proof.ts'
import { type DemoModel, demoModels, readDemoModel } from '../../demo/models.ts'
import { demandTerms, FEE, terms } from '../../demo/terms.ts'
import { honestAnswerer } from '../../node/answerer.ts'
import { commitTrace } from '../../protocol/proof/commit-trace.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { CHUNK_BYTES } from '../../protocol/proof/merkle.ts'
import { unpackTrace } from '../../protocol/trace.ts'
import { Harness, memoryLog, testClientOf } from './harness.ts'

const FLOOD = 64
let at: Harness

beforeAll(async () => {
  at = await Harness.start({ parameters: terms, demandTerms, blockTime: 1 })
}, 120_000)

afterAll(() => at?.stop())

it('an honest node answers a flood in one block within the demo’s windows, and the flooder pays for it', async () => {
  const hello = demoModels().find(({ name }) => name === 'hello_deepa') as DemoModel
  const modelId = await at.registerModel(hello, undefined, hello.terms)
  const { log, messages } = memoryLog()
  const node = at.node({ answerer: honestAnswerer, log, pollMs: 250 })
  const { id } = await at.request(modelId, node.address, hello.input('flooded'))
  await at.until(id, 'posted')
  const { resultId } = await at.requestOf(id)
  await at.challenge(resultId)
  await at.until(id, 'revealed')
  const events = { address: at.contract, abi: gainsayAbi, eventName: 'Revealed', fromBlock: 0n, strict: true } as const
  const [revealed] = await at.client.getContractEvents({ ...events, args: { resultId } })

  // Half of them headers, half of them as many chunks as one may demand.
  const { graph } = committedModel(readDemoModel(hello))
  const committed = commitTrace(
    graph,
    unpackTrace(at.published.get(revealed?.args.uri as string) as Uint8Array, 2 ** 28),
  )
  const chunks = committed.entries.map(({ tensor }) => Math.ceil(tensor.data.length / CHUNK_BYTES))
  const largest = chunks.indexOf(Math.max(...chunks))
  const parts = Array.from({ length: FLOOD }, (_, i) =>
    i < FLOOD / 2 && i < chunks.length
      ? { entry: i, first: 0, count: 0 }
      : {
          entry: largest,
          first: i % 8,
          count: Math.min(16, (chunks[largest] as number) - (i % 8)) - Math.floor(i / 8),
        },
  )
  expect(new Set(parts.map((part) => JSON.stringify(part))).size).toBe(FLOOD)
  expect(Math.min(...parts.slice(FLOOD / 2).map(({ count }) => count))).toBeGreaterThan(0)

  const proofs = parts.map(({ entry }) => encodePart(graph.header, committed.open(entry)))

  const test = testClientOf(at.chain)
  const wallet = createWalletClient({ account: at.watcher, chain: anvil, transport: http(at.chain.rpcUrl) })
  const call = { address: at.conviction, abi: convictionAbi } as const
  const value = parseEther('4')
  const first = await at.client.getTransactionCount({ address: at.watcher.address })
  await test.setIntervalMining({ interval: 0 })
  await Promise.all(
    parts.map((part, i) => {
      const args = [resultId, part, proofs[i] as Hex] as const
      return wallet.writeContract({ ...call, functionName: 'demand', args, value, nonce: first + i, gas: 800_000n })
    }),
  )
  await test.mine({ blocks: 1 })
  await test.setIntervalMining({ interval: 1 })
  // With one question a look, as the node has the same two cores to work on.
  const eventsOf = <const Name extends 'Demanded' | 'Supplied' | 'DemandSettled'>(eventName: Name) =>
    at.client.getContractEvents({ ...call, eventName, fromBlock: revealed?.blockNumber as bigint, strict: true })
  const demands = await eventsOf('Demanded')
  const made = demands[0]?.blockNumber as bigint
  expect(demands.map(({ blockNumber }) => blockNumber)).toEqual(parts.map(() => made))

  const until = demands[0]?.args.until as bigint
  await at.eventually(async () => {
    const { timestamp } = await at.client.getBlock()
    const supplied = (await eventsOf('Supplied')).length
    if (timestamp > until && supplied < FLOOD) throw new Error(`${supplied} of ${FLOOD} were supplied in time`)
    return supplied === FLOOD
  }, 'all supplies')

  await at.until(id, 'finalized')
  await at.eventually(async () => (await eventsOf('DemandSettled')).length === FLOOD, 'all fees')
  const plain = parts.reduce((sum, { count }) => sum + demandTerms.baseFee + BigInt(count) * demandTerms.chunkFee, 0n)
  expect(await at.creditOf(node.address)).toBe(FEE + terms.challengeBond + plain)
  const paid = demands.reduce((sum, { args }) => sum + args.fee, 0n)
  expect(paid).toBeGreaterThan(20n * plain)
  // What it sent beyond the fees is its own again.
  expect(await at.creditOf(at.watcher.address)).toBe(BigInt(FLOOD) * value - paid)
  expect(messages.filter((message) => message.includes('refused'))).toEqual([])
}, 120_000)
