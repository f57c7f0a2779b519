import { createHash } from 'node:crypto'
import { encodeFunctionData, type Hex, toEventSelector, toHex } from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { deployGainsay, type LocalChain, startLocalChain } from '../demo/chain.ts'
import { type Random, randomFrom } from '../demo/random.ts'
import { encodeTensors } from '../protocol/tensor.ts'
import { batch, type RpcCall, rpc } from '../test/index/support/rpc.ts'
import { type ModelTerms, modelIdOf, requestIdOf, resultIdOf } from './ids.ts'

/** A local chain full of Gainsay events. */
export interface FilledChain {
  rpcUrl: string
  chainId: number
  contract: Hex
  startBlock: number
  lastBlock: number
  /** the result that the last event of all posted */
  lastResultId: Hex
  /** `blockHash-logIndex` of the last event */
  lastEventId: string
  /** how many events of each kind the chain's own logs hold */
  counts: Record<string, number>
  total: number
  stop(): Promise<void>
}

const BLOCK_SECONDS = 12
/** Every window of the protocol, and the deadline of a request that nobody answers: five blocks. */
const WINDOW = 60
const FEE = 10n ** 15n
const NODE_BOND = 10n ** 16n
const CHALLENGE_BOND = 10n ** 16n
const NOBODY = '0x0000000000000000000000000000000000000000'

type Move = 'post' | 'finalize' | 'expire' | 'challenge' | 'claimSilence' | 'reveal' | 'rule'

/**
 * How requests end, and how many in 1,000 do so: mostly well, as on a chain that is watched. Each fate lists its moves by
 * the block they come in, counted from the request's.
 */
const fates: { share: number; moves: Partial<Record<number, Move>> }[] = [
  { share: 900, moves: { 1: 'post', 7: 'finalize' } },
  { share: 30, moves: { 6: 'expire' } },
  { share: 30, moves: { 1: 'post', 2: 'challenge', 8: 'claimSilence' } },
  { share: 20, moves: { 1: 'post', 2: 'challenge', 3: 'reveal', 9: 'finalize' } },
  { share: 20, moves: { 1: 'post', 2: 'challenge', 3: 'reveal', 4: 'rule' } },
]
/** Events that an average request makes, by `fates` and the contract. */
const EVENTS_PER_REQUEST = 4.25
/** Blocks after which every request has met its fate. */
const LONGEST = 9

interface Open {
  bornAt: number
  moves: Partial<Record<number, Move>>
  requestId: Hex
  resultId: Hex
  node: Hex
  output: { hash: Hex; uri: string; data: Hex }
}

/** Starts Anvil and plays about `events` events in about `blocks` blocks, by real calls of the real contract. */
export async function fillChain(events: number, blocks: number): Promise<FilledChain> {
  // Blocks are mined by hand, many transactions each; the hour is never waited for.
  const chain = await startLocalChain({ blockTime: 3600 })
  try {
    const { contract, startBlock } = await prepare(chain)
    const theatre = await openTheatre(chain, contract)
    const { rpcUrl, chainId, stop } = chain

    const perBlock = events / EVENTS_PER_REQUEST / blocks
    let requests = 0
    for (let block = 0; block < blocks + LONGEST; block++) {
      const calls = theatre.movesOf(block)
      for (; block < blocks && requests < perBlock * (block + 1); requests++) calls.push(theatre.request(block))
      if (block >= 40 && block % 20 === 0) calls.push(...theatre.housekeeping(block / 20))
      await theatre.mine(calls)
    }
    // One more request and its result in blocks of their own, so that the very last event has a row one can ask for.
    await theatre.mine([theatre.request(0)])
    const { call, resultId } = theatre.postLast()
    await theatre.mine([call])

    const filter = { address: contract, fromBlock: '0x0', toBlock: 'latest' }
    const logs = (await rpc(rpcUrl, 'eth_getLogs', filter)) as { blockHash: Hex; logIndex: Hex; topics: [Hex] }[]
    const { blockHash, logIndex } = logs.at(-1) as (typeof logs)[0]
    const counts = countByName(logs.map(({ topics }) => topics[0]))
    if (counts.Requested !== requests + 1) throw new Error('a transaction reverted: the play does not fit the contract')
    return {
      ...{ rpcUrl, chainId, contract, startBlock, stop, counts },
      lastBlock: Number(await rpc(rpcUrl, 'eth_blockNumber')),
      lastResultId: resultId,
      lastEventId: `${blockHash}-${Number(logIndex)}`,
      total: logs.length,
    }
  } catch (error) {
    await chain.stop()
    throw error
  }
}

async function prepare({ rpcUrl, accounts }: LocalChain): Promise<{ contract: Hex; startBlock: number }> {
  const [deployer] = accounts
  if (!deployer) throw new Error('the chain has no accounts')
  await batch(rpcUrl, [
    { method: 'evm_setIntervalMining', params: [0] },
    { method: 'evm_setAutomine', params: [true] },
    { method: 'evm_setBlockGasLimit', params: [toHex(2_000_000_000)] },
    { method: 'anvil_setBlockTimestampInterval', params: [BLOCK_SECONDS] },
    ...accounts.map(({ address }) => ({ method: 'anvil_setBalance', params: [address, toHex(10n ** 24n)] })),
  ])
  const { address: contract, blockNumber } = await deployGainsay({
    rpcUrl,
    account: deployer,
    parameters: {
      challengeWindow: BigInt(WINDOW),
      revealWindow: BigInt(WINDOW),
      convictionWindow: BigInt(WINDOW),
      nodeBond: NODE_BOND,
      challengeBond: CHALLENGE_BOND,
      rewardBps: 5000,
      burnBps: 2000,
      conviction: NOBODY,
    },
  })
  await rpc(rpcUrl, 'evm_setAutomine', false)
  return { contract, startBlock: Number(blockNumber) }
}

/** The actors and the requests they have open; makes the transactions of each block. */
async function openTheatre({ rpcUrl, chainId, accounts }: LocalChain, contract: Hex) {
  const random = randomFrom(1)
  const [registrant, arbiter, ...others] = accounts.map(({ address }) => address.toLowerCase() as Hex)
  const [requesters, nodes, watchers] = [others.slice(0, 8), others.slice(8, 14), others.slice(14)]
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T

  const send = (from: Hex | undefined, data: Hex, value = 0n): RpcCall => ({
    method: 'eth_sendTransaction',
    params: [{ from, to: contract, data, value: toHex(value), gas: toHex(1_500_000) }],
  })
  const head = (await rpc(rpcUrl, 'eth_getBlockByNumber', 'latest', false)) as { timestamp: Hex }
  // Second of the block that is mined next; the chain's interval keeps it so.
  let now = BigInt(head.timestamp) + BigInt(BLOCK_SECONDS)
  const mine = async (calls: RpcCall[]) => {
    await batch(rpcUrl, [...calls, { method: 'evm_mine' }])
    now += BigInt(BLOCK_SECONDS)
  }

  const models = Array.from({ length: 12 }, (_, i) => modelTerms(i, arbiter as Hex))
  const modelIds = models.map(modelIdOf)
  await mine([
    ...models.map((model) =>
      send(registrant, encodeFunctionData({ abi: gainsayAbi, functionName: 'registerModel', args: [model] })),
    ),
    ...nodes.map((node) => send(node, encodeFunctionData({ abi: gainsayAbi, functionName: 'bond' }), 10n ** 22n)),
  ])

  const nonces = new Map<Hex, bigint>()
  const open: Open[] = []

  const request = (block: number): RpcCall => {
    const [requester, node, modelId] = [pick(requesters), pick(nodes), pick(modelIds)]
    const [input, output] = [payload(random), payload(random)]
    const { moves } = fateOf(random.below(1000))
    const deadline = now + BigInt(WINDOW)
    const nonce = nonces.get(requester) ?? 0n
    nonces.set(requester, nonce + 1n)
    // One in four names its node.
    const named = random.below(4) === 0 ? node : NOBODY
    const terms = { chainId, contract, requester, nonce, modelId, node: named, input, fee: FEE, deadline }
    const requestId = requestIdOf(terms)
    open.push({ bornAt: block, moves, requestId, resultId: resultIdOf(requestId, node, output), node, output })
    const args = [modelId, named, input, deadline] as const
    return send(requester, encodeFunctionData({ abi: gainsayAbi, functionName: 'request', args }), FEE)
  }

  const play = (move: Move, { requestId, resultId, node, output }: Open): RpcCall => {
    const encode = (functionName: 'finalize' | 'claimSilence' | 'rule' | 'challenge') =>
      encodeFunctionData({ abi: gainsayAbi, functionName, args: [resultId] })
    switch (move) {
      case 'post':
        return send(node, encodeFunctionData({ abi: gainsayAbi, functionName: 'post', args: [requestId, output] }))
      case 'challenge':
        return send(pick(watchers), encode('challenge'), CHALLENGE_BOND)
      case 'reveal': {
        const args = [resultId, sha256(resultId), `ipfs://bafkrei${resultId.slice(2, 54)}`] as const
        return send(node, encodeFunctionData({ abi: gainsayAbi, functionName: 'reveal', args }))
      }
      case 'rule':
        return send(arbiter, encode('rule'))
      case 'expire':
        return send(pick(watchers), encodeFunctionData({ abi: gainsayAbi, functionName: 'expire', args: [requestId] }))
      default:
        return send(pick(watchers), encode(move))
    }
  }

  return {
    mine,
    request,
    /** What the open requests' fates want in this block. */
    movesOf(block: number): RpcCall[] {
      const calls: RpcCall[] = []
      for (const one of open) {
        const move = one.moves[block - one.bornAt]
        if (move) calls.push(play(move, one))
      }
      while (open[0] && block - open[0].bornAt >= LONGEST) open.shift()
      return calls
    },
    /** A node takes what it has earned, and a little of its free bond. */
    housekeeping(round: number): RpcCall[] {
      const node = nodes[round % nodes.length] as Hex
      return [
        send(node, encodeFunctionData({ abi: gainsayAbi, functionName: 'unbond', args: [10n ** 15n] })),
        send(node, encodeFunctionData({ abi: gainsayAbi, functionName: 'withdraw', args: [node] })),
      ]
    },
    /** The result of the request made last. */
    postLast() {
      const last = open.at(-1) as Open
      return { call: play('post', last), resultId: last.resultId }
    },
  }
}

function modelTerms(i: number, arbiter: Hex): ModelTerms {
  const modelHash = sha256(`model ${i}`)
  const exact = i % 3 === 0
  const uri = `ipfs://bafkrei${modelHash.slice(2, 54)}`
  return {
    ...{ modelHash, uri, arbiter },
    graphRoot: sha256(`graph ${i}`),
    precision: exact ? 0 : 1,
    tolerance: exact ? 0n : 10n ** 13n,
    rule: 0,
    lambda: 0,
  }
}

function payload(random: Random) {
  const values = Float32Array.from({ length: 8 + random.below(24) }, () => random.normal())
  const tensor = { dtype: 'float32' as const, dims: [1, values.length], data: new Uint8Array(values.buffer) }
  const bytes = encodeTensors(new Map([['x', tensor]]))
  return { hash: sha256(bytes), uri: '', data: toHex(bytes) }
}

function fateOf(draw: number) {
  let bound = 0
  const fate = fates.find(({ share }) => {
    bound += share
    return draw < bound
  })
  if (!fate) throw new Error('the shares of all fates do not make 1,000')
  return fate
}

function countByName(topics: Hex[]): Record<string, number> {
  const names = new Map(
    gainsayAbi.filter((item) => item.type === 'event').map((event) => [toEventSelector(event), event.name]),
  )
  const counts: Record<string, number> = Object.fromEntries([...names.values()].map((name) => [name, 0]))
  for (const topic of topics) {
    const name = names.get(topic)
    if (name) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

function sha256(data: string | Uint8Array): Hex {
  return `0x${createHash('sha256').update(data).digest('hex')}`
}
