import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ContractFunctionArgs,
  type ContractFunctionName,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  http,
  type PublicClient,
  parseEventLogs,
  toHex,
} from 'viem'
import { anvil } from 'viem/chains'
import { convictionAbi, convictionBytecode } from '../../../abis/Conviction.ts'
import { gainsayAbi } from '../../../abis/Gainsay.ts'
import { deployGainsay, startLocalChain } from '../../../demo/chain.ts'
import { rpc } from './rpc.ts'

type Write = ContractFunctionName<typeof gainsayAbi, 'payable' | 'nonpayable'>
type WriteProof = ContractFunctionName<typeof convictionAbi, 'payable' | 'nonpayable'>

/** Every window of the contract on a stage, in seconds. */
export const WINDOW = 100
/** Nobody's address. */
export const NOBODY = '0x0000000000000000000000000000000000000000'
/** wei */
export const NODE_BOND = 1_000_000_000_000_000_007n
/** wei; odd numbers, so that a share mistaken for another shows */
export const CHALLENGE_BOND = 1_000_000_000_000_000_033n
/** What demands cost and how long they take on a stage, in wei and seconds. Every demand lengthens its result's window. */
export const DEMAND_TERMS = {
  supplyWindow: 60n,
  useWindow: BigInt(WINDOW) - 60n,
  baseFee: 1_000_000_009n,
  chunkFee: 1_000_000_021n,
}
/** Where the checker of a stage is, and its code: it answers "true" to every question. Proofs themselves have other tests. */
const CHECKER = { address: '0xc4ec000000000000000000000000000000000000', code: '0x60015f5260205ff3' } as const

/** Who plays; each an unlocked account of the chain. */
export interface Cast {
  registrant: Hex
  arbiter: Hex
  convictor: Hex
  requester: Hex
  otherRequester: Hex
  node: Hex
  otherNode: Hex
  watcher: Hex
  otherWatcher: Hex
  stranger: Hex
}

/** A local chain with the contract on it, where every transaction is a block of its own, at once. */
export interface Stage {
  rpcUrl: string
  chainId: number
  contract: Hex
  /** the conviction contract */
  conviction: Hex
  startBlock: number
  client: PublicClient
  cast: Cast
  /** The private key of one of the cast: a test phrase's, worth nothing anywhere else. */
  keyOf(address: Hex): Hex
  /** Sends one move and returns the topic that names what it made (model, request or result id). @throws if it reverts */
  move<Name extends Write>(
    from: Hex,
    functionName: Name,
    args: ContractFunctionArgs<typeof gainsayAbi, 'payable' | 'nonpayable', Name>,
    value?: bigint,
  ): Promise<Hex>
  /** Sends one move to the conviction contract. @throws if it reverts */
  argue<Name extends WriteProof>(
    from: Hex,
    functionName: Name,
    args: ContractFunctionArgs<typeof convictionAbi, 'payable' | 'nonpayable', Name>,
    value?: bigint,
  ): Promise<void>
  /** Sends raw calldata to the contract, for what no honest encoder makes. */
  raw(from: Hex, data: Hex, value?: bigint): Promise<Hex>
  /** Mines a block that many seconds later. */
  pass(seconds: number): Promise<void>
  mine(blocks: number): Promise<void>
  /** Second of the latest block. */
  now(): Promise<bigint>
  head(): Promise<bigint>
  /** Everything the contract has ever emitted, oldest first. */
  events(): Promise<ReturnType<typeof parseEventLogs<typeof gainsayAbi, true>>>
  /** The same of the conviction contract. */
  convictionEvents(): Promise<ReturnType<typeof parseEventLogs<typeof convictionAbi, true>>>
  stop(): Promise<void>
}

/** Starts Anvil and deploys the contracts; without `seated`, nobody sits in the conviction seat. */
export async function startStage({ seated = true }: { seated?: boolean } = {}): Promise<Stage> {
  const chain = await startLocalChain({ blockTime: 3600 })
  const { rpcUrl, chainId, accounts } = chain
  const [registrant, arbiter, convictor, requester, otherRequester, node, otherNode, watcher, otherWatcher, stranger] =
    accounts.map(({ address }) => address.toLowerCase() as Hex) as [Hex, Hex, Hex, Hex, Hex, Hex, Hex, Hex, Hex, Hex]
  await rpc(rpcUrl, 'evm_setIntervalMining', 0)
  await rpc(rpcUrl, 'evm_setAutomine', true)
  const deployer = accounts[0] as (typeof accounts)[0]
  const conviction = getContractAddress({ from: deployer.address, nonce: 1n }).toLowerCase() as Hex
  const { address: contract, blockNumber } = await deployGainsay({
    rpcUrl,
    account: deployer,
    parameters: {
      challengeWindow: BigInt(WINDOW),
      revealWindow: BigInt(WINDOW),
      convictionWindow: BigInt(WINDOW),
      nodeBond: NODE_BOND,
      challengeBond: CHALLENGE_BOND,
      rewardBps: 4999,
      burnBps: 1999,
      conviction: seated ? conviction : NOBODY,
    },
  })
  const client = createPublicClient({ transport: http(rpcUrl) }) as PublicClient
  await rpc(rpcUrl, 'anvil_setCode', CHECKER.address, CHECKER.code)
  const wallet = createWalletClient({ account: deployer, chain: anvil, transport: http(rpcUrl) })
  if (seated) {
    const deployment = await wallet.deployContract({
      ...{ abi: convictionAbi, bytecode: convictionBytecode },
      args: [contract, CHECKER.address, DEMAND_TERMS],
    })
    await receiptOf(rpcUrl, deployment)
  }

  const send = async (from: Hex, to: Hex, data: Hex, value = 0n): Promise<Hex> => {
    // Gas is given, because Anvil may estimate it against a state that is one block old and then fall short.
    const call = { from, to, data, value: toHex(value), gas: toHex(3_000_000) }
    const hash = await rpc(rpcUrl, 'eth_sendTransaction', call)
    const receipt = await receiptOf(rpcUrl, hash)
    if (receipt.status !== '0x1') {
      const why = await rpc(rpcUrl, 'eth_call', call, 'latest').then(
        () => 'it would not now',
        ({ message }: Error) => message,
      )
      throw new Error(`a move reverted: ${why}`)
    }
    return receipt.logs[0]?.topics[1] as Hex
  }
  const raw: Stage['raw'] = (from, data, value) => send(from, contract, data, value)
  return {
    conviction,
    ...{ rpcUrl, chainId, contract, client, raw, startBlock: Number(blockNumber), stop: chain.stop },
    cast: {
      ...{ registrant, arbiter, convictor, requester, otherRequester },
      ...{ node, otherNode, watcher, otherWatcher, stranger },
    },
    keyOf(address) {
      const account = accounts.find((one) => one.address.toLowerCase() === address)
      return toHex(account?.getHdKey().privateKey as Uint8Array)
    },
    move: (from, functionName, args, value) =>
      raw(from, encodeFunctionData({ abi: gainsayAbi, functionName, args } as never), value),
    async argue(from, functionName, args, value) {
      await send(from, conviction, encodeFunctionData({ abi: convictionAbi, functionName, args } as never), value)
    },
    async pass(seconds) {
      await rpc(rpcUrl, 'evm_increaseTime', seconds)
      await rpc(rpcUrl, 'evm_mine')
    },
    async mine(blocks) {
      await rpc(rpcUrl, 'anvil_mine', toHex(blocks))
    },
    now: async () => (await client.getBlock({ blockTag: 'latest' })).timestamp,
    head: () => client.getBlockNumber({ cacheTime: 0 }),
    async events() {
      const logs = await client.getLogs({ address: contract, fromBlock: 0n, toBlock: 'latest' })
      return parseEventLogs({ abi: gainsayAbi, logs })
    },
    async convictionEvents() {
      const logs = await client.getLogs({ address: conviction, fromBlock: 0n, toBlock: 'latest' })
      return parseEventLogs({ abi: convictionAbi, logs })
    },
  }
}

/** Anvil mines at once, but answers before it has. */
async function receiptOf(rpcUrl: string, hash: unknown) {
  for (; ; await sleep(2)) {
    const receipt = await rpc(rpcUrl, 'eth_getTransactionReceipt', hash)
    if (receipt) return receipt as { status: Hex; logs: { topics: Hex[] }[] }
  }
}

/** Inline bytes as the contract takes them. */
export function inline(text: string, uri = '') {
  const data = Buffer.from(text)
  return { hash: sha256(data), uri, data: toHex(data) }
}

export function sha256(data: string | Uint8Array): Hex {
  return `0x${createHash('sha256').update(data).digest('hex')}`
}
