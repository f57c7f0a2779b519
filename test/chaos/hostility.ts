import { createPublicClient, encodeEventTopics, getContractAddress, type HDAccount, type Hex, http } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { type Random, randomFrom } from '../../demo/random.ts'
import { type Payload, sha256Hex } from '../../node/payload.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { type Deployment, terms } from './deployment.ts'
import { type HostilePost, hostilePosts, inline, number } from './hostile-posts.ts'
import { startHostileServer } from './hostile-server.ts'
import { postedData, puppetBytecode, puppetCall, puppetEvent } from './puppet.ts'
import { move, Script } from './script.ts'

/** Strangers in a chaos run that put hostile things on the chain. */
export interface Hostility {
  /** by result id: what it is, and whether it is bad in a way that a watcher can tell */
  readonly results: ReadonlyMap<string, { readonly name: string; readonly isBad: boolean }>
  /** Sends what is due at a block of the run. @returns how much is still to be mined */
  send(block: number): Promise<number>
  stop(): Promise<void>
}

const FEE = 1_000n
const ANSWER_WITHIN = 86_400n
/** Of this many hostile posts, one comes from a contract that also emits events in Gainsay's name. */
const PUPPET_EACH = 6

/** Prepares hostile posts, drawn by the seed, evenly over so many blocks. @param now second of chain time */
export async function startHostility(parameters: {
  deployment: Deployment
  account: HDAccount
  judge: Hex
  count: number
  blocks: number
  seed: number
  now: number
}): Promise<Hostility> {
  const { deployment, account, judge, count, blocks, now } = parameters
  const { rpcUrl, contract } = deployment
  const random = randomFrom(`hostile/${parameters.seed}`)
  const files = new Map<string, Uint8Array>()
  const server = await startHostileServer(files)
  const posts = hostilePosts(server.url, files)
  const client = createPublicClient({ transport: http(rpcUrl), cacheTime: 0 })
  const ask = { address: contract, abi: gainsayAbi } as const
  const script = new Script(rpcUrl, contract, account)
  const puppet = getContractAddress({ from: account.address, nonce: 0n })
  const results = new Map<string, { name: string; isBad: boolean }>()
  const models = new Set<Hex>()
  const deadline = BigInt(now) + ANSWER_WITHIN
  let requests = 0n

  async function answered(
    at: number,
    post: Omit<HostilePost, 'name'>,
    node: Hex,
  ): Promise<{ resultId: Hex; data: Hex }> {
    const { model, input, output } = post
    const registered = {
      ...{ ...model, graphRoot: sha256Hex(Buffer.from('no graph')), precision: 1, tolerance: 10n ** 13n },
      ...{ arbiter: judge, rule: 0, lambda: 0 },
    }
    const modelId = await client.readContract({ ...ask, functionName: 'modelIdOf', args: [registered] })
    if (!models.has(modelId)) await script.add(at, { data: move('registerModel', [registered]) })
    models.add(modelId)
    const { hash, uri } = input
    const requestId = await client.readContract({
      ...{ ...ask, functionName: 'requestIdOf' },
      args: [account.address, requests++, modelId, node, hash, uri, FEE, deadline],
    })
    await script.add(at, { data: move('request', [modelId, node, input, deadline]), value: FEE, gas: 5_000_000n })
    const resultId = await client.readContract({
      ...{ ...ask, functionName: 'resultIdOf' },
      args: [requestId, node, output.hash, output.uri],
    })
    return { resultId, data: move('post', [requestId, output]) }
  }

  await script.deploy(0, puppetBytecode)
  await script.add(0, { data: move('bond', []), value: terms.nodeBond * BigInt(count) })
  for (let i = 0; i < count; i++) {
    const at = Math.floor((i * blocks) / count)
    if (i % PUPPET_EACH === 0) {
      await playPuppet(at, i)
      continue
    }
    const post = posts[random.below(posts.length)] as HostilePost
    const { resultId, data } = await answered(at, post, account.address)
    await script.add(at, { data, gas: 3_000_000n })
    results.set(resultId, { name: post.name, isBad: false })
  }

  /** A contract posts a wrong result, and events of results that are not there. */
  async function playPuppet(at: number, i: number): Promise<void> {
    const good = posts.find(({ name }) => name === 'garbage as output') as HostilePost
    const post = { ...good, output: inline(encodeTensors(number('y', 2 + i))) }
    const call = puppetCall(contract, move('bond', []), terms.nodeBond)
    await script.add(at, { to: puppet, data: call, value: terms.nodeBond })
    const { resultId, data } = await answered(at, post, puppet)
    await script.add(at, { to: puppet, data: puppetCall(contract, data), gas: 3_000_000n })
    results.set(resultId, { name: 'a wrong result of a contract', isBad: true })
    const topics = encodeEventTopics({ abi: gainsayAbi, eventName: 'Posted' })
    const [fakeId, fakeRequest] = [hex(random), hex(random)]
    const output: Payload = post.output
    const event = puppetEvent([topics[0] as Hex, fakeId, fakeRequest], postedData(deadline, terms.nodeBond, output))
    await script.add(at, { to: puppet, data: event })
  }

  return {
    results,
    send: (block) => script.send(block),
    stop: () => server.stop(),
  }
}

function hex(random: Random): Hex {
  return sha256Hex(Buffer.from(String(random.next())))
}
