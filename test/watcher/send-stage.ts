import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import {
  type Account,
  createPublicClient,
  createTestClient,
  createWalletClient,
  type HDAccount,
  type Hex,
  http,
  type LocalAccount,
  parseEventLogs,
  toHex,
} from 'viem'
import { anvil } from 'viem/chains'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { type Chain, connect } from '../../chain/connect.ts'
import { parseConfig } from '../../config/config.ts'
import { deployGainsay, type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { terms as demoTerms } from '../../demo/terms.ts'
import { openJournal } from '../../journal/open.ts'
import { recordObservation } from '../../journal/queries.ts'
import { contractStatuses, nameOf } from '../../protocol/status.ts'
import { act } from '../../watcher/act.ts'
import type { Watch } from '../../watcher/context.ts'
import type { Decision } from '../../watcher/decide.ts'
import { settle } from '../../watcher/settle.ts'
import { seenResult } from '../chain/seen-result.ts'

/** Seconds between blocks of a stage. */
export const BLOCK_TIME = 12
/** Windows are 300 blocks long. */
export const terms = { ...demoTerms, challengeWindow: 3600n, revealWindow: 3600n, convictionWindow: 3600n }
const GWEI = 10n ** 9n

/** A chain that mines when it is told to, with results to challenge. */
export interface Stage {
  chain: LocalChain
  contract: Hex
  watcher: HDAccount
  other: HDAccount
  client: ReturnType<typeof clientOf>
  test: ReturnType<typeof testOf>
  /** Makes the next block with this base fee, in gwei, and whatever of the pool is willing to pay it. */
  mine(baseFee?: number, blocks?: number): Promise<void>
  /** Sends a move and mines it. */
  move(account: Account, functionName: string, args: readonly unknown[], value?: bigint): Promise<Hex>
  /** Posts a result, mined. @returns its id */
  post(output: string): Promise<Hex>
  /** Posts an output for the same request again, after a reorg took the result away. @returns the result's id */
  postAgain(output: string): Promise<Hex>
  decisionFor(resultId: Hex, kind?: 'challenge' | 'claimSilence'): Promise<Decision>
  withdrawal(): Decision
  statusOf(id: Hex): Promise<string>
  /** A watcher with a journal of its own; `settings` are environment variables. */
  watch(settings?: Record<string, string>, folder?: string): Promise<Watch & { folder: string; said: string[] }>
  balance(): Promise<bigint>
  /** Hashes in the pool that wait for a block. */
  pool(): Promise<Hex[]>
  stop(): Promise<void>
}

export async function startSendStage(): Promise<Stage> {
  const chain = await startLocalChain({ blockTime: 3600, accounts: 5 })
  const [deployer, watcher, requester, node, other] = chain.accounts as HDAccount[] as [
    HDAccount,
    HDAccount,
    HDAccount,
    HDAccount,
    HDAccount,
  ]
  const client = clientOf(chain)
  const test = testOf(chain)
  await test.setIntervalMining({ interval: 0 })
  await test.setAutomine(true)
  await client.request({ method: 'anvil_setBlockTimestampInterval', params: [BLOCK_TIME] } as never)
  const { address: contract } = await deployGainsay({ rpcUrl: chain.rpcUrl, account: deployer, parameters: terms })
  await test.setAutomine(false)

  const mine: Stage['mine'] = async (baseFee = 1, blocks = 1) => {
    for (let i = 0; i < blocks; i++) {
      await test.setNextBlockBaseFeePerGas({ baseFeePerGas: BigInt(baseFee) * GWEI })
      await test.mine({ blocks: 1 })
    }
  }
  const move: Stage['move'] = async (account, functionName, args, value = 0n) => {
    const wallet = createWalletClient({ account, chain: anvil, transport: http(chain.rpcUrl) })
    const fees = { maxFeePerGas: 10_000n * GWEI, maxPriorityFeePerGas: 100n * GWEI, gas: 1_000_000n }
    const call = { address: contract, abi: gainsayAbi, functionName, args, value, ...fees } as never
    const hash = await wallet.writeContract(call)
    await mine()
    const receipt = await client.getTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new Error(`${functionName} reverted`)
    const [log] = parseEventLogs({ abi: gainsayAbi, logs: receipt.logs })
    return (log?.topics[1] ?? '0x') as Hex
  }
  const model = {
    ...{ modelHash: sha256('model'), graphRoot: sha256('graph'), uri: 'ipfs://model', precision: 1, tolerance: 1n },
    ...{ arbiter: other.address, rule: 0, lambda: 0 },
  }
  let requestId: Hex = '0x'
  const modelId = await move(requester, 'registerModel', [model])
  await move(node, 'bond', [], terms.nodeBond * 10n)
  return {
    ...{ chain, contract, watcher, other, client, test, mine, move },
    async post(output) {
      const { timestamp } = await client.getBlock()
      const request = [modelId, node.address, inline('input'), timestamp + 3000n]
      requestId = await move(requester, 'request', request, 1n)
      return move(node, 'post', [requestId, inline(output)])
    },
    postAgain: (output) => move(node, 'post', [requestId, inline(output)]),
    async decisionFor(resultId, kind = 'challenge') {
      const result = await seenResult(client, contract, resultId)
      const observationKey = `${result.blockHash}:${resultId}`
      const deadline = kind === 'challenge' ? result.windowEnd : null
      return { key: `${kind}:${observationKey}`, kind, observationKey, result, deadline, reason: 'it is wrong' }
    },
    withdrawal: () => ({
      ...{ key: 'withdraw:1', kind: 'withdraw', observationKey: null, result: null, deadline: null, reason: 'owed' },
    }),
    async statusOf(id) {
      const call = { address: contract, abi: gainsayAbi, functionName: 'statusOf', args: [id] } as const
      return nameOf(contractStatuses, await client.readContract(call))
    },
    async watch(settings = {}, folder = mkdtempSync(join(tmpdir(), 'gainsay-send-'))) {
      const config = parseConfig({
        GAINSAY_RPC_URL: chain.rpcUrl,
        GAINSAY_CHAIN_ID: String(chain.chainId),
        GAINSAY_CONTRACT: contract,
        ...settings,
      })
      const said: string[] = []
      const log = pino({ level: 'info' }, { write: (line: string) => void said.push(line) })
      const journal = await openJournal(join(folder, 'journal.sqlite'))
      const connected = await connect(config)
      // Blocks come when the test says so: what was read a moment ago may be a block old.
      const uncached: Chain = {
        ...connected,
        client: createPublicClient({ transport: http(chain.rpcUrl), cacheTime: 0 }),
        async agreed(read, options) {
          await connected.endpoints.refreshHeads(0)
          return connected.agreed(read, options)
        },
      }
      const it = { config, chain: uncached, account: watcher, journal, log, clock: Date.now }
      return { ...it, folder, said } as unknown as Watch & { folder: string; said: string[] }
    },
    balance: () => client.getBalance({ address: watcher.address }),
    async pool() {
      const { pending } = await test.getTxpoolContent()
      return Object.values(pending).flatMap((ofOne) => Object.values(ofOne).map(({ hash }) => hash))
    },
    stop: chain.stop,
  }
}

/** One round of the watcher, as far as sending goes. */
export async function round(it: Watch, decisions: readonly Decision[]): Promise<void> {
  const account = it.account as LocalAccount
  await settle(it, account)
  for (const decision of decisions) {
    await observe(it, decision)
    await act(it, account, decision)
  }
}

/** Records that the index shows what a decision is about. */
export async function observe({ journal }: Watch, { observationKey: key, result }: Decision): Promise<void> {
  if (!key || !result) return
  const about = { key, resultId: result.id, requestId: '0x', modelId: '0x', node: '0x', settlement: null }
  await recordObservation(journal, { ...about, blockNumber: 1, blockHash: '0x' }, 1)
}

/** Everything that was signed, oldest first. */
export function attempts({ journal }: Watch) {
  return journal.selectFrom('attempt').selectAll().orderBy('createdAt').orderBy('signedAtBlock').execute()
}

export function actions({ journal }: Watch) {
  return journal.selectFrom('action').selectAll().orderBy('id').execute()
}

function clientOf(chain: LocalChain) {
  return createPublicClient({ chain: anvil, transport: http(chain.rpcUrl), cacheTime: 0, pollingInterval: 50 })
}

function testOf(chain: LocalChain) {
  return createTestClient({ chain: anvil, transport: http(chain.rpcUrl), mode: 'anvil' })
}

function inline(text: string) {
  return { hash: sha256(text), uri: '', data: toHex(text) }
}

function sha256(text: string): Hex {
  return `0x${createHash('sha256').update(text).digest('hex')}`
}
