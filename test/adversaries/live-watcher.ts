import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type HDAccount, toHex } from 'viem'
import { connect } from '../../chain/connect.ts'
import { openTrips } from '../../journal/breaker.ts'
import { reconcile } from '../../journal/ledger/reconcile.ts'
import { type Journal, openJournalReadOnly } from '../../journal/open.ts'
import { openActions } from '../../journal/queries.ts'
import type { Stage } from './stage.ts'

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))

/** A `gainsay watch` in live mode, as a user starts it, on a data folder of its own. */
export class LiveWatcher {
  readonly #stage: Stage
  readonly #account: HDAccount
  readonly #settings: Record<string, string>
  readonly #dataDir: string
  #child: ChildProcess | undefined

  constructor(stage: Stage, account: HDAccount, settings: Record<string, string>) {
    this.#stage = stage
    this.#account = account
    this.#settings = settings
    this.#dataDir = join(stage.folder, account.address)
    mkdirSync(this.#dataDir)
  }

  /** Starts it, on the journal that it has. */
  start(): void {
    const stage = this.#stage
    const log = openSync(join(this.#dataDir, 'watcher.log'), 'a')
    const keyFile = join(this.#dataDir, 'key')
    writeFileSync(keyFile, toHex(this.#account.getHdKey().privateKey as Uint8Array), { mode: 0o600 })
    const env = {
      PATH: process.env.PATH,
      ...{ GAINSAY_RPC_URL: stage.chain.rpcUrl, GAINSAY_CHAIN_ID: String(stage.chain.chainId) },
      ...{ GAINSAY_CONTRACT: stage.contract, GAINSAY_API_URL: stage.index.apiUrl, GAINSAY_POLL_MS: '100' },
      ...{ GAINSAY_DATA_DIR: this.#dataDir, GAINSAY_FILE_ROOTS: stage.folder, GAINSAY_PRIVATE_KEY_FILE: keyFile },
      ...{ GAINSAY_MODE: 'live', GAINSAY_ARBITERS: stage.judge.address, GAINSAY_IDENTITY_CHECK_S: '3600' },
      ...this.#settings,
    }
    this.#child = spawn(process.execPath, [bin, 'watch'], { env, stdio: ['ignore', log, log] })
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  log(): string {
    return readFileSync(join(this.#dataDir, 'watcher.log'), 'utf8')
  }

  /** Rows of a table of its journal. */
  async rows(table: 'verdict' | 'unchecked' | 'attempt' | 'action'): Promise<Record<string, unknown>[]> {
    return (await this.#read((journal) => journal.selectFrom(table).selectAll().execute())) ?? []
  }

  /** How many things it wants done on chain. */
  async wants(): Promise<number> {
    return (await this.#read(openActions))?.length ?? 0
  }

  /** What the circuit breaker says; empty while it has not tripped. */
  async trips(): Promise<string[]> {
    return (await this.#read(async (journal) => (await openTrips(journal)).map(({ reason }) => reason))) ?? []
  }

  /** Holds its ledger against the chain, to the last wei. @returns what differs */
  async ledgerDifferences(): Promise<unknown[]> {
    const { chain, contract } = this.#stage
    const connected = await connect({ gainsay: { rpcUrls: [chain.rpcUrl], chainId: chain.chainId, contract } })
    const { address } = this.#account
    const found = await this.#read((journal) => reconcile(journal, connected, address, Date.now()))
    return found ? found.differences : ['there is no journal']
  }

  async #read<T>(read: (journal: Journal) => Promise<T>): Promise<T | undefined> {
    const path = join(this.#dataDir, 'journal.sqlite')
    const journal = existsSync(path) ? openJournalReadOnly(path) : undefined
    try {
      return journal && (await read(journal))
    } finally {
      await journal?.destroy()
    }
  }
}
