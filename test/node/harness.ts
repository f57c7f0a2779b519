import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import {
  type Chain,
  createPublicClient,
  createTestClient,
  createWalletClient,
  encodeFunctionData,
  type HDAccount,
  type Hex,
  http,
  type PublicClient,
  parseEther,
  type Transport,
  toHex,
  zeroAddress,
} from 'viem'
import { anvil } from 'viem/chains'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { type DemandTerms, type Deployed, deployProtocol } from '../../demo/deploy.ts'
import { type DemoModel, readDemoModel } from '../../demo/models.ts'
import type { Answerer } from '../../node/answerer.ts'
import { type NodeParameters, ReferenceNode } from '../../node/node.ts'
import { type FetchBytes, payloadOf, sha256Hex } from '../../node/payload.ts'
import type { Part } from '../../node/work.ts'
import { rules, type Terms } from '../../protocol/arithmetic/bounds.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import {
  contractStatuses,
  type DemandStatus,
  demandStatuses,
  nameOf,
  precisions,
  type Status,
} from '../../protocol/status.ts'
import { encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'

/** The contract's terms in these tests: windows in seconds long enough for a busy machine, as time is turned forward. */
export const terms = {
  challengeWindow: 120n,
  revealWindow: 120n,
  convictionWindow: 120n,
  nodeBond: parseEther('1'),
  challengeBond: parseEther('0.5'),
  rewardBps: 5000,
  burnBps: 1000,
}
export const demandTerms: DemandTerms = {
  supplyWindow: 60n,
  useWindow: 60n,
  baseFee: parseEther('0.003'),
  chunkFee: parseEther('0.001'),
}
export const FEE = parseEther('0.01')

/** A real chain with the whole protocol on it, and somebody who makes requests. */
export class Harness {
  readonly chain: LocalChain
  /** Gainsay */
  readonly contract: Hex
  readonly conviction: Hex
  readonly client: PublicClient<Transport, Chain>
  readonly published = new Map<string, Uint8Array>()
  readonly #nodes: ReferenceNode[] = []
  #accounts = 3

  private constructor(chain: LocalChain, { gainsay, conviction }: Deployed) {
    this.chain = chain
    this.contract = gainsay
    this.conviction = conviction
    this.client = clientOf(chain)
  }

  /** @param on other terms than those above */
  static async start(on: { parameters?: typeof terms; demandTerms?: DemandTerms; blockTime?: number } = {}) {
    const chain = await startLocalChain({ blockTime: on.blockTime ?? 0.25, accounts: 40, gasLimit: 60_000_000 })
    const [deployer] = chain.accounts as [HDAccount]
    const { rpcUrl } = chain
    const deployment = { rpcUrl, account: deployer, parameters: terms, demandTerms, ...on }
    return new Harness(chain, await deployProtocol(deployment))
  }

  async stop(): Promise<void> {
    await this.stopNodes()
    await this.chain.stop()
  }

  async stopNodes(): Promise<void> {
    await Promise.all(this.#nodes.splice(0).map((node) => node.stop()))
  }

  get requester(): HDAccount {
    return this.chain.accounts[1] as HDAccount
  }

  get watcher(): HDAccount {
    return this.chain.accounts[2] as HDAccount
  }

  /** An account that nobody has used yet. */
  freshAccount(): HDAccount {
    return this.chain.accounts[this.#accounts++] as HDAccount
  }

  publish = async (bytes: Uint8Array): Promise<string> => {
    const uri = `memory:${sha256Hex(bytes)}`
    this.published.set(uri, bytes)
    return uri
  }

  fetchBytes: FetchBytes = async ({ uri, data }) => {
    const bytes = data ?? this.published.get(uri)
    if (!bytes) throw new Error(`nothing is published at ${uri}`)
    return bytes
  }

  node(parameters: { answerer: Answerer } & Partial<NodeParameters>): ReferenceNode {
    const { client, contract, fetchBytes, publish } = this
    const node = new ReferenceNode({
      ...{ client, contract, fetchBytes, publish, log: silentLog, bondFor: 2, pollMs: 50 },
      account: parameters.account ?? this.freshAccount(),
      ...parameters,
    })
    this.#nodes.push(node)
    node.start()
    return node
  }

  async registerModel(
    model: DemoModel,
    arbiter: Hex = zeroAddress,
    { rule, lambda }: Terms = { rule: 'arbiter', lambda: 0 },
    graphRoot?: Hex,
  ): Promise<Hex> {
    const bytes = readDemoModel(model)
    const terms = {
      modelHash: sha256Hex(bytes),
      graphRoot: graphRoot ?? committedModel(bytes).graph.root,
      uri: await this.publish(bytes),
      precision: precisions.indexOf(model.precision),
      tolerance: model.tolerance,
      arbiter,
      rule: rules.indexOf(rule),
      lambda,
    }
    const call = { address: this.contract, abi: gainsayAbi } as const
    const id = await this.client.readContract({ ...call, functionName: 'modelIdOf', args: [terms] })
    const known = await this.client.readContract({ ...call, functionName: 'modelOf', args: [id] })
    if (BigInt(known.modelHash) === 0n) await this.send(this.requester, 'registerModel', [terms])
    return id
  }

  /** Requests a run. @returns the request's id, and the request again, for when a reorg takes it away */
  async request(
    modelId: Hex,
    node: Hex,
    inputs: NamedTensors | Uint8Array,
  ): Promise<{ id: Hex; again: () => Promise<void> }> {
    const { id, args } = await this.prepareRequest(modelId, node, inputs)
    const again = () => this.send(this.requester, 'request', args, FEE)
    await again()
    return { id, again }
  }

  /** A request that is not made yet: its id if it is the next one made, its arguments, and the whole as a call. */
  async prepareRequest(modelId: Hex, node: Hex, inputs: NamedTensors | Uint8Array) {
    const input = await payloadOf(inputs instanceof Uint8Array ? inputs : encodeTensors(inputs), this.publish)
    const { timestamp } = await this.client.getBlock()
    const deadline = timestamp + 3600n
    const from = this.requester.address
    const contract = { address: this.contract, abi: gainsayAbi } as const
    const nonce = await this.client.readContract({ ...contract, functionName: 'nonceOf', args: [from] })
    const id = await this.client.readContract({
      ...contract,
      functionName: 'requestIdOf',
      args: [from, nonce, modelId, node, input.hash, input.uri, FEE, deadline],
    })
    const args = [modelId, node, input, deadline] as const
    const data = encodeFunctionData({ abi: gainsayAbi, functionName: 'request', args })
    return { id, args, call: { from, to: this.contract, data, value: toHex(FEE), gas: toHex(2_000_000) } }
  }

  send(account: HDAccount, functionName: string, args: readonly unknown[], value = 0n): Promise<void> {
    return this.#send({ account, address: this.contract, abi: gainsayAbi, functionName, args, value })
  }

  /** Calls the conviction contract. */
  dispute(account: HDAccount, functionName: string, args: readonly unknown[], value = 0n): Promise<void> {
    return this.#send({ account, address: this.conviction, abi: convictionAbi, functionName, args, value })
  }

  async #send(call: { account: HDAccount; functionName: string } & Record<string, unknown>): Promise<void> {
    const { account, functionName } = call
    const wallet = createWalletClient({ account, chain: anvil, transport: http(this.chain.rpcUrl) })
    // Not the estimate: in a window's first second writing the same `windowEnd` again is cheap, a second later it is not.
    const gas = 2_000_000n
    const hash = await wallet.writeContract({ ...call, gas } as never)
    const receipt = await this.client.waitForTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new Error(`${functionName} reverted`)
  }

  challenge(resultId: Hex): Promise<void> {
    return this.send(this.watcher, 'challenge', [resultId], terms.challengeBond)
  }

  /** Demands a part of a revealed trace. @returns the demand's id */
  async demand(resultId: Hex, part: Part, proof: Hex): Promise<Hex> {
    const call = { address: this.conviction, abi: convictionAbi } as const
    const args = [resultId, part.count] as const
    const fee = await this.client.readContract({ ...call, functionName: 'feeOf', args })
    await this.dispute(this.watcher, 'demand', [resultId, part, proof], fee)
    return this.client.readContract({ ...call, functionName: 'demandIdOf', args: [resultId, part] })
  }

  async demandStatusOf(demandId: Hex): Promise<DemandStatus> {
    const call = { address: this.conviction, abi: convictionAbi, functionName: 'demandOf', args: [demandId] } as const
    return nameOf(demandStatuses, (await this.client.readContract(call)).status)
  }

  async statusOf(id: Hex): Promise<Status> {
    const call = { address: this.contract, abi: gainsayAbi, functionName: 'statusOf', args: [id] } as const
    return nameOf(contractStatuses, await this.client.readContract(call))
  }

  async requestOf(id: Hex) {
    return this.client.readContract({ address: this.contract, abi: gainsayAbi, functionName: 'requestOf', args: [id] })
  }

  async resultOf(id: Hex) {
    return this.client.readContract({ address: this.contract, abi: gainsayAbi, functionName: 'resultOf', args: [id] })
  }

  async creditOf(account: Hex): Promise<bigint> {
    return this.client.readContract({
      address: this.contract,
      abi: gainsayAbi,
      functionName: 'creditOf',
      args: [account],
    })
  }

  /** Waits until a request or result has a status. @returns the id of the request's result */
  async until(id: Hex, status: Status): Promise<void> {
    await this.eventually(async () => (await this.statusOf(id)) === status, `${id} to be ${status}`)
  }

  async eventually(is: () => Promise<boolean> | boolean, what: string, ms = 30_000): Promise<void> {
    const deadline = Date.now() + ms
    while (!(await is())) {
      if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`)
      await sleep(50)
    }
  }

  /** Waits until so many more blocks are mined. */
  async blocks(count: bigint): Promise<void> {
    const from = await this.client.getBlockNumber()
    await this.eventually(async () => (await this.client.getBlockNumber()) >= from + count, `${count} blocks`)
  }

  /** Turns chain time forward. */
  async passTime(seconds: bigint): Promise<void> {
    await testClientOf(this.chain).increaseTime({ seconds: Number(seconds) + 2 })
    await this.blocks(2n)
  }

  /** Takes back the block of a result's event by a reorg, with all after it. Anvil drops their transactions for good. */
  async takeBack(eventName: 'Posted' | 'Revealed' | 'Rejected' | 'Finalized', resultId: Hex): Promise<void> {
    const call = { address: this.contract, abi: gainsayAbi, eventName, args: { resultId }, fromBlock: 0n } as const
    for (;;) {
      const [event] = await this.client.getContractEvents(call)
      if (!event) return
      // A block may be mined meanwhile, and then this is one too few.
      await this.reorg((await this.client.getBlockNumber()) - event.blockNumber + 1n)
    }
  }

  /** Replaces the last blocks. @param calls what is to be in the new ones, each with the place of its block, from 0 */
  async reorg(depth: bigint, calls: readonly (readonly [object, number])[] = []): Promise<void> {
    await this.client.request({ method: 'anvil_reorg', params: [Number(depth), calls] } as never)
  }
}

export const silentLog = pino({ level: 'silent' })

/** A logger that keeps its messages. */
export function memoryLog(): { log: pino.Logger; messages: string[] } {
  const messages: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void messages.push(JSON.parse(line).msg) })
  return { log, messages }
}

export function clientOf(chain: LocalChain): PublicClient<Transport, Chain> {
  return createPublicClient({ chain: anvil, transport: http(chain.rpcUrl), pollingInterval: 50, cacheTime: 0 })
}

export function testClientOf(chain: LocalChain) {
  return createTestClient({ chain: anvil, transport: http(chain.rpcUrl), mode: 'anvil' })
}
