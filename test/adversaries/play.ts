import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { decodeFunctionData, type HDAccount, type Hex, parseEventLogs } from 'viem'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { contractStatuses, nameOf, type Status } from '../../protocol/status.ts'
import { LiveWatcher } from './live-watcher.ts'
import { type Cast, type Gains, gasSince, heldBy } from './purses.ts'
import { FEE, type Stage, terms, type Waiting } from './stage.ts'
import type { Work } from './work.ts'

/** One attack on one running watcher: who plays, what they do, and what it comes to. */
export class Play {
  readonly stage: Stage
  readonly cast: Cast
  /** results that the watcher has to look at */
  readonly posted = new Set<Hex>()
  readonly watcher: LiveWatcher
  #before: { block: bigint; held: Gains } | undefined

  constructor(stage: Stage, settings: Record<string, string> = {}) {
    this.stage = stage
    this.cast = { watcher: stage.fresh(), adversary: stage.fresh(), node: stage.fresh(), requester: stage.fresh() }
    this.watcher = new LiveWatcher(stage, this.cast.watcher, settings)
  }

  /** Notes what everybody has, and starts `gainsay watch` in live mode. */
  async begin(): Promise<void> {
    const { stage } = this
    await stage.move(this.cast.node, 'bond', [], { value: 40n * terms.nodeBond })
    const block = await stage.client.getBlockNumber()
    this.#before = { block, held: await heldBy(stage, this.cast) }
    this.watcher.start()
    await this.#until('the watcher watches', async () => this.watcher.log().includes('"watching"'))
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
      const looked = [...(await this.watcher.rows('verdict')), ...(await this.watcher.rows('unchecked'))]
      const isDone = new Set(looked.map(({ observationKey }) => observationKey)).size >= this.posted.size
      const isQuiet = isDone && credit === 0n && (await this.watcher.wants()) === 0
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
    await this.watcher.stop()
    const before = this.#before
    if (!before) throw new Error('it has not begun')
    const after = await heldBy(this.stage, this.cast)
    const gas = await gasSince(this.stage, this.cast, before.block)
    const names = Object.keys(after) as (keyof Gains)[]
    const gains = Object.fromEntries(
      names.map((name) => [name, after[name] - before.held[name] + (gas[name] ?? 0n)]),
    ) as Gains
    const sum = Object.values(gains).reduce((total, wei) => total + wei, 0n)
    if (sum !== 0n) throw new Error(`${sum} wei too many at the end: somebody is missing`)
    return { gains, gas: gas.watcher ?? 0n }
  }

  async statusOf(resultId: Hex): Promise<Status> {
    const { client, contract: address } = this.stage
    const call = { address, abi: gainsayAbi, functionName: 'statusOf', args: [resultId] } as const
    return nameOf(contractStatuses, await client.readContract(call))
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
      if (Date.now() > deadline) throw new Error(`not within a minute: ${what}\n${this.watcher.log().slice(-5000)}`)
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
