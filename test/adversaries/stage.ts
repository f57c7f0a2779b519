import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createPublicClient, encodeFunctionData, type HDAccount, type Hex, http, type PublicClient, toHex } from 'viem'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { deployProtocol } from '../../demo/deploy.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import { precisions } from '../../protocol/status.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import { rpc } from '../index/support/rpc.ts'
import { committed, file } from '../replay/known-run.ts'

const GWEI = 10n ** 9n

/** The terms of the stage: odd amounts in wei, so that one share mistaken for another shows; windows in seconds. */
export const terms = {
  ...{ challengeWindow: 1200n, revealWindow: 600n, convictionWindow: 600n },
  ...{ nodeBond: 10n ** 18n + 7n, challengeBond: 5n * 10n ** 17n + 33n, rewardBps: 4999, burnBps: 1999 },
}
/** What demanding a part of a trace takes. */
export const demandTerms = { supplyWindow: 150n, useWindow: 150n, baseFee: 3n * 10n ** 15n + 9n, chunkFee: GWEI }
/** Wei that every request pays. */
export const FEE = 10n ** 16n + 1n
/** How a slashed bond is shared, as the contract rounds. Wei. */
export const shares = (() => {
  const reward = (terms.nodeBond * BigInt(terms.rewardBps)) / 10_000n
  const burnt = (terms.nodeBond * BigInt(terms.burnBps)) / 10_000n
  return { reward, burnt, compensation: terms.nodeBond - reward - burnt }
})()

/** A transaction that waits for a block. */
export interface Waiting {
  hash: Hex
  to: Hex
  data: Hex
  value: bigint
  nonce: number
}

/** How a move is sent. */
export interface Sending {
  /** wei */
  value?: bigint
  /** wei a unit of gas that whoever builds the block gets: more than the watcher offers comes first */
  tip?: bigint
  /** nonce, when not the next one */
  nonce?: number
}

/** A chain with the whole protocol and an index of it. Blocks are made when the stage says so: meanwhile all see the pool. */
export interface Stage {
  chain: LocalChain
  contract: Hex
  conviction: Hex
  client: PublicClient
  index: IndexProcess
  /** where files are that `file:` addresses may name */
  folder: string
  judge: HDAccount
  /** An account that nobody has used. */
  fresh(): HDAccount
  /** Registers the stage's model: `bounds` says whether the contract convicts. @returns its id */
  register(by: HDAccount, how: { bounds: boolean; arbiter: Hex }): Promise<Hex>
  /** Puts a transaction into the pool. */
  send(from: HDAccount, to: Hex, data: Hex, how?: Sending): Promise<Hex>
  /** Sends a move and makes a block with it. @returns the topic that names what it made. @throws when it reverts */
  move(from: HDAccount, functionName: string, args: readonly unknown[], how?: Sending): Promise<Hex>
  /** What a transaction in a block came to. */
  succeeded(hash: Hex): Promise<boolean>
  /** Calldata of a move. */
  calldata(functionName: string, args: readonly unknown[]): { to: Hex; data: Hex }
  pool(from: Hex): Promise<Waiting[]>
  mine(): Promise<void>
  /** What a unit of gas costs from now on, in gwei; 1 at first. */
  gasCosts(gwei: bigint): void
  /** Lets time pass, and makes the block that shows it. */
  pass(seconds: number | bigint): Promise<void>
  stop(): Promise<void>
}

/** Starts chain, contracts and index. */
export async function startStage(): Promise<Stage> {
  let baseFee = 1n
  const chain = await startLocalChain({ blockTime: 3600, accounts: 120, gasLimit: 60_000_000 })
  const { rpcUrl, chainId } = chain
  const client = createPublicClient({ transport: http(rpcUrl), cacheTime: 0 }) as PublicClient
  const ask = (method: string, ...params: unknown[]) => rpc(rpcUrl, method, ...params)
  await ask('evm_setIntervalMining', 0)
  await ask('evm_setAutomine', true)
  const accounts = [...chain.accounts] as HDAccount[]
  const [deployer, judge] = accounts.splice(0, 2) as [HDAccount, HDAccount]
  const deployed = await deployProtocol({
    ...{ rpcUrl, account: deployer, parameters: terms, demandTerms },
  })
  await ask('evm_setAutomine', false)
  const { gainsay: contract, conviction } = deployed
  const index = await startIndex({ rpcUrl, chainId, contract, startBlock: Number(deployed.blockNumber) })
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-adversaries-'))
  const modelPath = join(folder, 'model.onnx')
  writeFileSync(modelPath, file)

  const mine = async () => {
    // As empty blocks would make gas cost nothing.
    await ask('anvil_setNextBlockBaseFeePerGas', toHex(baseFee * GWEI))
    await ask('evm_mine')
  }
  const calldata: Stage['calldata'] = (functionName, args) => {
    // `convict` is a move of everybody's there, and of the seat's alone here.
    const isGainsay = !convictionAbi.some((item) => item.type === 'function' && item.name === functionName)
    const abi = isGainsay ? gainsayAbi : convictionAbi
    return {
      to: isGainsay ? contract : conviction,
      data: encodeFunctionData({ abi, functionName, args } as never),
    }
  }
  const send: Stage['send'] = async (from, to, data, { value = 0n, tip = GWEI, nonce } = {}) => {
    const at = nonce ?? (await client.getTransactionCount({ address: from.address, blockTag: 'pending' }))
    const fees = { maxFeePerGas: 20_000n * GWEI, maxPriorityFeePerGas: tip }
    const raw = await from.signTransaction({
      ...{ type: 'eip1559', chainId, to, data, value, nonce: at, gas: 3_000_000n },
      ...fees,
    })
    return (await ask('eth_sendRawTransaction', raw)) as Hex
  }
  return {
    ...{ chain, contract, conviction, client, index, folder, judge, mine, calldata, send },
    fresh() {
      const account = accounts.shift()
      if (!account) throw new Error('no account is left')
      return account
    },
    register: async (by, { bounds, arbiter }) =>
      move(by, 'registerModel', [
        {
          ...{ modelHash: sha256Hex(file), graphRoot: committed.root, uri: pathToFileURL(modelPath).href },
          ...{ precision: precisions.indexOf('fp32'), tolerance: 10n ** 13n, arbiter, lambda: 0 },
          rule: rules.indexOf(bounds ? 'worstCase' : 'arbiter'),
        },
      ]),
    move,
    succeeded: async (hash) => (await client.getTransactionReceipt({ hash })).status === 'success',
    async pool(from) {
      const { pending } = (await ask('txpool_content')) as {
        pending: Record<string, Record<string, { hash: Hex; to: Hex; input: Hex; value: Hex; nonce: Hex }>>
      }
      const mine = Object.entries(pending).find(([address]) => address.toLowerCase() === from.toLowerCase())
      return Object.values(mine?.[1] ?? {}).map(({ hash, to, input: data, value, nonce }) => ({
        ...{ hash, to, data, value: BigInt(value), nonce: Number(nonce) },
      }))
    },
    gasCosts(gwei) {
      baseFee = gwei
    },
    async pass(seconds) {
      await ask('evm_increaseTime', Number(seconds))
      await mine()
    },
    async stop() {
      await index.stop()
      await chain.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }

  async function move(from: HDAccount, functionName: string, args: readonly unknown[], how: Sending = {}) {
    const { to, data } = calldata(functionName, args)
    const hash = await send(from, to, data, how)
    await mine()
    for (; ; await sleep(5)) {
      const receipt = await client.getTransactionReceipt({ hash }).catch(() => null)
      if (!receipt) continue
      if (receipt.status !== 'success') throw new Error(`${functionName} reverted`)
      return (receipt.logs[0]?.topics[1] ?? '0x') as Hex
    }
  }
}
