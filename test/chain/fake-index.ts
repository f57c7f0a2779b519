import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Hex } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { contractStatuses, nameOf, precisions } from '../../protocol/status.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'
import type { Stage } from '../index/support/stage.ts'

/** What the watcher's question is answered with. */
export interface FakeView {
  chainId: number
  contract: string
  blockNumber: bigint
  timestamp: bigint
  lastEvent: { blockNumber: bigint; blockHash: string } | null
  results: IndexedResult[]
}

/** An API server that says of the index whatever a test wants. */
export interface FakeIndex {
  apiUrl: string
  /** what is answered; `forge` changes a copy of the truth */
  forge: (truth: FakeView) => FakeView
  /** how often it was asked for results by status: once a round */
  rounds: number
  /** results that it was asked for by id, as often as they were */
  readonly askedFor: string[]
  /** Stops answering. */
  stop(): Promise<void>
}

/** Starts an index that tells the truth about a stage, as it is when it is asked, until told otherwise. */
export async function startFakeIndex(stage: Stage): Promise<FakeIndex> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString())
      const data = query.includes('query Requests') ? { requests: { items: [] } } : await answer(variables)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ data }, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
    })
  })
  const fake: FakeIndex = {
    apiUrl: '',
    forge: (truth) => truth,
    rounds: 0,
    askedFor: [],
    async stop() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  async function answer({ where }: { where: { ids?: string[]; status?: string[] } }) {
    if (where.status) fake.rounds++
    fake.askedFor.push(...(where.ids ?? []))
    const { results, ...index } = fake.forge(await truthOf(stage))
    const items = results
      .filter(({ id, status }) => where.ids?.includes(id) ?? where.status?.includes(status))
      .map((result) => ({ ...result, demands: { items: result.demands }, appeals: { items: result.appeals } }))
    return { index, results: { items, endCursor: null } }
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  fake.apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return fake
}

/** What an index at the chain's head would show. */
async function truthOf(stage: Stage): Promise<FakeView> {
  const { number, timestamp } = await stage.client.getBlock()
  const events = await stage.events()
  const last = events.filter(({ eventName }) => ['Requested', 'Posted', 'Challenged'].includes(eventName)).at(-1)
  const results: IndexedResult[] = []
  for (const event of events) if (event.eventName === 'Posted') results.push(await rowOf(stage, event))
  return {
    ...{ chainId: stage.chainId, contract: stage.contract, blockNumber: number, timestamp, results },
    lastEvent: last ? { blockNumber: last.blockNumber, blockHash: last.blockHash } : null,
  }
}

type Posted = Extract<Awaited<ReturnType<Stage['events']>>[number], { eventName: 'Posted' }>

async function rowOf({ client, contract }: Stage, event: Posted): Promise<IndexedResult> {
  const at = { address: contract, abi: gainsayAbi } as const
  const { resultId, output } = event.args
  const result = await client.readContract({ ...at, functionName: 'resultOf', args: [resultId] })
  const request = await client.readContract({ ...at, functionName: 'requestOf', args: [result.requestId] })
  const model = await client.readContract({ ...at, functionName: 'modelOf', args: [request.modelId] })
  const lower = (hex: Hex) => hex.toLowerCase() as Hex
  const { blockNumber, blockHash, transactionHash, logIndex } = event
  return {
    ...{ id: resultId, network: 'gainsay', outputHash: output.hash, outputUri: output.uri, output: output.data },
    ...{ status: nameOf(contractStatuses, request.status), windowEnd: result.windowEnd },
    ...{ blockNumber, blockHash, transactionHash, logIndex, node: { id: lower(result.node) } },
    request: { id: result.requestId, inputHash: request.inputHash, inputUri: '', input: '0x00' },
    model: {
      ...{ id: request.modelId, modelHash: model.modelHash, graphRoot: model.graphRoot, uri: model.uri },
      ...{ precision: nameOf(precisions, model.precision), tolerance: model.tolerance, lambda: model.lambda },
      ...{ rule: nameOf(rules, model.rule), arbiter: { id: lower(model.arbiter) } },
    },
    challenge:
      BigInt(result.challenger) === 0n
        ? null
        : { challenger: { id: lower(result.challenger) }, traceRoot: null, traceUri: null },
    ...{ demands: [], appeals: [] },
  }
}
