import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { decodeFunctionData, type HDAccount, type Hex, parseEventLogs, toHex } from 'viem'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { connect } from '../../chain/connect.ts'
import { openTrips } from '../../journal/breaker.ts'
import { reconcile } from '../../journal/ledger/reconcile.ts'
import { openJournalReadOnly } from '../../journal/open.ts'
import { openActions } from '../../journal/queries.ts'
import { nameOf, type Status, statuses } from '../../protocol/status.ts'
import { FEE, type Stage, terms, type Waiting } from './stage.ts'
import type { Work } from './work.ts'

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
/** Where burnt wei go. */
const BURN = '0x000000000000000000000000000000000000dEaD'

/** Who plays. The accomplice is a second account of the adversary's or of the node's. */
export interface Cast {
  watcher: HDAccount
  adversary: HDAccount
  node: HDAccount
  requester: HDAccount
}

/** Who gained what, in wei, gas apart: balance, credit and bonds at the end less those at the beginning. */
export type Gains = Record<keyof Cast | 'burnt', bigint>

/** One attack on one running watcher: who plays, what they do, and what it comes to. */
export class Play {
  readonly stage: Stage
  readonly cast: Cast
  /** results that the watcher has to look at */
  readonly posted = new Set<Hex>()
  readonly #dataDir: string
  readonly #settings: Record<string, string>
  #watcher: ChildProcess | undefined
  #before: { block: bigint; held: Gains } | undefined

  constructor(stage: Stage, settings: Record<string, string> = {}) {
    this.stage = stage
    this.cast = { watcher: stage.fresh(), adversary: stage.fresh(), node: stage.fresh(), requester: stage.fresh() }
    this.#dataDir = join(stage.folder, this.cast.watcher.address)
    this.#settings = settings
  }

  /** Notes what everybody has, and starts `gainsay watch` in live mode. */
  async begin(): Promise<void> {
    const { stage } = this
    await stage.move(this.cast.node, 'bond', [], { value: 40n * terms.nodeBond })
    const block = await stage.client.getBlockNumber()
    this.#before = { block, held: await this.#held() }
    mkdirSync(this.#dataDir)
    this.start()
    await this.#until('the watcher watches', async () => this.log().includes('"watching"'))
  }

  /** Starts the watcher, on the journal that it has. */
  start(): void {
    const { stage } = this
    const log = openSync(join(this.#dataDir, 'watcher.log'), 'a')
    const keyFile = join(this.#dataDir, 'key')
    writeFileSync(keyFile, toHex(this.cast.watcher.getHdKey().privateKey as Uint8Array), { mode: 0o600 })
    const env = {
      PATH: process.env.PATH,
      ...{ GAINSAY_RPC_URL: stage.chain.rpcUrl, GAINSAY_CHAIN_ID: String(stage.chain.chainId) },
      ...{ GAINSAY_CONTRACT: stage.contract, GAINSAY_API_URL: stage.index.apiUrl, GAINSAY_POLL_MS: '100' },
      ...{ GAINSAY_DATA_DIR: this.#dataDir, GAINSAY_FILE_ROOTS: stage.folder, GAINSAY_PRIVATE_KEY_FILE: keyFile },
      ...{ GAINSAY_MODE: 'live', GAINSAY_ARBITERS: stage.judge.address, GAINSAY_IDENTITY_CHECK_S: '3600' },
      ...this.#settings,
    }
    this.#watcher = spawn(process.execPath, [bin, 'watch'], { env, stdio: ['ignore', log, log] })
  }

  /** Somebody asks the node, and it posts a work. @returns the result's id */
  async post(modelId: Hex, work: Work): Promise<Hex> {
    const { stage, cast } = this
    const { timestamp } = await stage.client.getBlock()
    const asked = [modelId, cast.node.address, work.input, timestamp + 100_000n]
    const requestId = await stage.move(cast.requester, 'request', asked, { value: FEE })
    const result = await stage.move(cast.node, 'post', [requestId, work.output])
    this.posted.add(result)
    return result
  }

  /** The node answers a challenge; without `publishes`, nobody gets to see what is below the root. */
  async reveal(resultId: Hex, work: Work, { publishes = true } = {}): Promise<void> {
    const path = join(this.stage.folder, `${resultId}.trace`)
    if (publishes) writeFileSync(path, work.packed)
    const uri = publishes ? pathToFileURL(path).href : ''
    await this.stage.move(this.cast.node, 'reveal', [resultId, work.root, uri])
  }

  /** Waits until a move of the watcher is in the pool, and leaves it there. */
  async sees(functionName: string): Promise<Waiting> {
    let seen: Waiting | undefined
    await this.#until(`the watcher sends ${functionName}`, async () => {
      const waiting = await this.stage.pool(this.cast.watcher.address)
      seen = waiting.find(({ data }) => nameOfCall(data) === functionName)
      return seen !== undefined
    })
    return seen as Waiting
  }

  /** Makes blocks whenever the watcher sends something, until a result has a status. */
  async becomes(resultId: Hex, status: Status): Promise<void> {
    await this.until(`${resultId} is ${status}`, async () => (await this.statusOf(resultId)) === status)
  }

  /** Makes a block whenever the watcher has sent something, and twice a second, until `done`. */
  async until(what: string, done: () => Promise<boolean>): Promise<void> {
    let minedAt = Date.now()
    await this.#until(what, async () => {
      if (await done()) return true
      // A commitment can be used once there is a later block.
      if ((await this.stage.pool(this.cast.watcher.address)).length > 0 || Date.now() - minedAt > 500) {
        await this.stage.mine()
        minedAt = Date.now()
      }
      return false
    })
  }

  /** Waits until the watcher has looked at everything and wants nothing any more, and has its money. */
  async rests(): Promise<void> {
    let since: number | undefined
    const { client, contract, index } = this.stage
    await this.until('the watcher rests', async () => {
      await index.reached(await client.getBlockNumber())
      const credit = await client.readContract({
        ...{ address: contract, abi: gainsayAbi, functionName: 'creditOf' },
        args: [this.cast.watcher.address],
      })
      const open = (await this.#journal((journal) => openActions(journal))) ?? []
      const looked = [...(await this.rows('verdict')), ...(await this.rows('unchecked'))]
      const isDone = new Set(looked.map(({ observationKey }) => observationKey)).size >= this.posted.size
      const isQuiet = isDone && credit === 0n && open.length === 0
      since = isQuiet ? (since ?? Date.now()) : undefined
      // Long enough for rounds of the watcher's, and what it would send.
      return since !== undefined && Date.now() - since > 3_000
    })
  }

  /** Makes a block with a move that may fail, as the watcher may have made it. */
  async tries(from: HDAccount, functionName: string, args: readonly unknown[]): Promise<void> {
    const { to, data } = this.stage.calldata(functionName, args)
    await this.stage.send(from, to, data)
    await this.stage.mine()
  }

  /** Lets the watcher make some rounds. */
  async waits(): Promise<void> {
    await this.stage.index.reached(await this.stage.client.getBlockNumber())
    const until = Date.now() + 3_000
    await this.until('some rounds', async () => Date.now() > until)
  }

  /** Stops the watcher and says who gained what. @throws when wei came from nowhere or went there */
  async end(): Promise<{ gains: Gains; gas: bigint }> {
    await this.stop()
    const before = this.#before
    if (!before) throw new Error('it has not begun')
    const after = await this.#held()
    const gas = await this.#gasSince(before.block)
    const names = Object.keys(after) as (keyof Gains)[]
    const gains = Object.fromEntries(
      names.map((name) => [name, after[name] - before.held[name] + (gas[name] ?? 0n)]),
    ) as Gains
    const sum = Object.values(gains).reduce((total, wei) => total + wei, 0n)
    if (sum !== 0n) throw new Error(`${sum} wei too many at the end: somebody is missing`)
    return { gains, gas: gas.watcher ?? 0n }
  }

  /** Holds the watcher's ledger against the chain, to the last wei. @returns what differs */
  async ledgerDifferences(): Promise<unknown[]> {
    const { chain, contract } = this.stage
    const config = { rpcUrls: [chain.rpcUrl], chainId: chain.chainId, contract }
    const connected = await connect(config)
    const { address } = this.cast.watcher
    const found = await this.#journal((journal) => reconcile(journal, connected, address, Date.now()))
    return found ? found.differences : ['there is no journal']
  }

  /** What the circuit breaker says; empty while it has not tripped. */
  async trips(): Promise<string[]> {
    return (await this.#journal(async (journal) => (await openTrips(journal)).map(({ reason }) => reason))) ?? []
  }

  /** Rows of a table of the watcher's journal. */
  async rows(table: 'verdict' | 'unchecked' | 'attempt' | 'action'): Promise<Record<string, unknown>[]> {
    return (await this.#journal((journal) => journal.selectFrom(table).selectAll().execute())) ?? []
  }

  async stop(): Promise<void> {
    const child = this.#watcher
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  log(): string {
    return readFileSync(join(this.#dataDir, 'watcher.log'), 'utf8')
  }

  async statusOf(resultId: Hex): Promise<Status> {
    const { client, contract: address } = this.stage
    const call = { address, abi: gainsayAbi, functionName: 'statusOf', args: [resultId] } as const
    return nameOf(statuses, await client.readContract(call))
  }

  /** Ids of the demands of a result, in their order. */
  async demandsOf(resultId: Hex): Promise<{ demandId: Hex; demander: Hex; fee: bigint }[]> {
    const { client, conviction: address } = this.stage
    const logs = await client.getLogs({ address, fromBlock: 0n })
    return parseEventLogs({ abi: convictionAbi, logs, eventName: 'Demanded' })
      .map(({ args }) => args)
      .filter((args) => args.resultId === resultId)
  }

  /** Whether the watcher has appealed. */
  async hasAppealed(resultId: Hex): Promise<boolean> {
    const { client, conviction: address } = this.stage
    const args = [resultId, this.cast.watcher.address] as const
    return client.readContract({ address, abi: convictionAbi, functionName: 'hasAppealed', args })
  }

  async #until(what: string, done: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + 60_000; !(await done()); await sleep(60))
      if (Date.now() > deadline) throw new Error(`not within a minute: ${what}\n${this.log().slice(-5000)}`)
  }

  async #journal<T>(read: (journal: NonNullable<ReturnType<typeof openJournalReadOnly>>) => Promise<T>) {
    const path = join(this.#dataDir, 'journal.sqlite')
    const journal = existsSync(path) ? openJournalReadOnly(path) : undefined
    try {
      return journal && (await read(journal))
    } finally {
      await journal?.destroy()
    }
  }

  async #held(): Promise<Gains> {
    const { client, contract: address } = this.stage
    const of = async (account: Hex) => {
      const read = (functionName: 'creditOf' | 'freeBondOf' | 'lockedBondOf') =>
        client.readContract({ address, abi: gainsayAbi, functionName, args: [account] })
      const parts = [
        read('creditOf'),
        read('freeBondOf'),
        read('lockedBondOf'),
        client.getBalance({ address: account }),
      ]
      return (await Promise.all(parts)).reduce((sum, wei) => sum + wei, 0n)
    }
    const { watcher, adversary, node, requester } = this.cast
    return {
      ...{ watcher: await of(watcher.address), adversary: await of(adversary.address) },
      ...{ node: await of(node.address), requester: await of(requester.address) },
      burnt: await client.getBalance({ address: BURN }),
    }
  }

  /** Wei of gas that each of the cast has paid since a block. */
  async #gasSince(block: bigint): Promise<Partial<Record<keyof Gains, bigint>>> {
    const { client } = this.stage
    const paid: Partial<Record<keyof Gains, bigint>> = {}
    const names = new Map(Object.entries(this.cast).map(([name, { address }]) => [address.toLowerCase(), name]))
    const head = await client.getBlockNumber()
    for (let number = block + 1n; number <= head; number++) {
      const { transactions } = await client.getBlock({ blockNumber: number })
      for (const hash of transactions) {
        const { from, gasUsed, effectiveGasPrice } = await client.getTransactionReceipt({ hash })
        const name = names.get(from.toLowerCase()) as keyof Cast | undefined
        if (name) paid[name] = (paid[name] ?? 0n) + gasUsed * effectiveGasPrice
      }
    }
    return paid
  }
}

/** The name of the function that calldata call. */
function nameOfCall(data: Hex): string | undefined {
  for (const abi of [gainsayAbi, convictionAbi])
    try {
      return decodeFunctionData({ abi, data }).functionName
    } catch {
      // The other contract's.
    }
  return undefined
}
