import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { type Address, createPublicClient, type HDAccount, http, toHex } from 'viem'
import { anvil } from 'viem/chains'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { environmentOf, withoutKeys } from '../../cli/index-command.ts'
import { type Config, parseConfig } from '../../config/config.ts'
import { ACTOR_ACCOUNTS, type Actors, castOf, startActors } from '../../demo/actors.ts'
import { startLocalChain } from '../../demo/chain.ts'
import { deployProtocol } from '../../demo/deploy.ts'
import { demoModels } from '../../demo/models.ts'
import { demandTerms, terms } from '../../demo/terms.ts'
import { openJournal, openJournalReadOnly } from '../../journal/open.ts'
import { startIndex } from '../index/support/index-process.ts'

/** What is asked for: three of the results are frauds, one of each way to be caught: a lie inside an operator, silence, a trace that is kept back. */
export const RUN = { results: 5, seed: 441 }
export const FRAUDS = 3
/** A watcher that starts and dies a hundred times takes minutes: no window that it has to act in may be over by then. */
const PATIENT = { ...terms, challengeWindow: 3600n, convictionWindow: 1800n }

/** The `gainsay` command. */
export const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))

/** A chain with nodes that cheat, an index, and all that a watcher's process needs; no watcher runs yet. */
export interface Stage {
  readonly rpcUrl: string
  readonly config: Config
  readonly watcher: Address
  readonly dataDir: string
  readonly actors: Actors
  /** of a watcher's process */
  readonly env: NodeJS.ProcessEnv
  events<Name extends 'Challenged' | 'Rejected' | 'Posted'>(eventName: Name): Promise<ChainEvent[]>
  /** Transactions of the watcher that were mined. */
  nonce(): Promise<number>
  /** What the watcher has logged. */
  logged(): string
  /** Whether every result is there, every fraud rejected, every action ended, and nothing left to withdraw. */
  isDone(): Promise<boolean>
  stop(): Promise<void>
}

/** What the tests look at in an event. */
interface ChainEvent {
  readonly args: { readonly resultId: string; readonly challenger?: Address }
  readonly blockNumber: bigint
}

/** Starts everything but the watcher. Its journal is made already: what dies while it is made is tested by itself. */
export async function startStage(): Promise<Stage> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-mortal-'))
  const chain = await startLocalChain({ accounts: 2 + ACTOR_ACCOUNTS, gasLimit: 60_000_000 })
  const [deployer, first, ...accounts] = chain.accounts as [HDAccount, HDAccount, ...HDAccount[]]
  const watcher = first.address
  const deployed = await deployProtocol({ rpcUrl: chain.rpcUrl, account: deployer, parameters: PATIENT, demandTerms })
  const { chainId, rpcUrl } = chain
  const at = { chainId, rpcUrl, contract: deployed.gainsay, startBlock: Number(deployed.blockNumber) }
  const index = await startIndex(at)
  const config = parseConfig({
    ...{ GAINSAY_RPC_URL: rpcUrl, GAINSAY_CHAIN_ID: String(chainId), GAINSAY_CONTRACT: deployed.gainsay },
    ...{ GAINSAY_START_BLOCK: String(at.startBlock), GAINSAY_DATA_DIR: dataDir, GAINSAY_POLL_MS: '100' },
    ...{ GAINSAY_ALLOW_PRIVATE_HOSTS: '1', GAINSAY_ARBITERS: castOf(accounts).judge.address, GAINSAY_MODE: 'live' },
  })
  const journalPath = join(dataDir, 'journal.sqlite')
  await (await openJournal(journalPath)).destroy()
  const keyFile = join(dataDir, 'watcher.key')
  writeFileSync(keyFile, toHex(first.getHdKey().privateKey as Uint8Array), { mode: 0o600 })
  const actors = await startActors({
    ...{ config, conviction: deployed.conviction, models: demoModels(), accounts, ...RUN },
    log: pino({ level: 'silent' }),
  })
  const client = createPublicClient({ chain: anvil, transport: http(rpcUrl, { batch: true }), cacheTime: 0 })
  const read = { address: deployed.gainsay, abi: gainsayAbi } as const
  const events = async (eventName: 'Challenged' | 'Rejected' | 'Posted') =>
    (await client.getContractEvents({ ...read, eventName, fromBlock: 0n, strict: true })) as ChainEvent[]
  return {
    ...{ rpcUrl, config, watcher, dataDir, actors, events },
    env: {
      ...withoutKeys(process.env),
      ...environmentOf(config),
      ...{ GAINSAY_API_URL: index.apiUrl, GAINSAY_PRIVATE_KEY_FILE: keyFile },
    },
    nonce: () => client.getTransactionCount({ address: watcher }),
    logged: () => readFileSync(join(dataDir, 'watcher.log'), 'utf8'),
    async isDone() {
      if ((await events('Rejected')).length < FRAUDS || (await events('Posted')).length < RUN.results) return false
      const journal = openJournalReadOnly(journalPath)
      const open = await journal?.selectFrom('action').select('key').where('state', '=', 'open').execute()
      await journal?.destroy()
      const credit = await client.readContract({ ...read, functionName: 'creditOf', args: [watcher] })
      return open?.length === 0 && credit === 0n
    },
    async stop() {
      await actors.stop()
      await index.stop()
      await chain.stop()
    },
  }
}
