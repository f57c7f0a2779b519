import { setTimeout as sleep } from 'node:timers/promises'
import { type Hex, pad, toHex } from 'viem'
import type { LocalChain } from '../../demo/chain.ts'
import type { Random } from '../../demo/random.ts'
import { rpc } from '../index/support/rpc.ts'

/** Seconds of chain time from one block to the next. */
export const BLOCK_SECONDS = 12

/** Shares of what a reorg takes away: what is in the new blocks, and what is there or comes later. The rest is lost. */
const IN_PLACE = 0.8
const LATER = 0.92

interface Block {
  number: Hex
  timestamp: Hex
  transactions: Hex[]
}

/**
 * Makes the blocks of a local chain, by hand: twelve seconds of chain time each, however little time they take, so that half
 * an hour is over in minutes.
 */
export class World {
  readonly #rpcUrl: string
  readonly #random: Random
  /** highest second that any block ever had: time never stands still for long, whatever is reorganised */
  #latest = 0
  /** raw transactions that a reorg took away and that come back in so many blocks */
  #later: { inBlocks: number; raw: Hex }[] = []
  #feeGwei: number | undefined
  #reorgs = 0

  private constructor(rpcUrl: string, random: Random) {
    this.#rpcUrl = rpcUrl
    this.#random = random
  }

  /** Takes over the making of blocks. */
  static async over({ rpcUrl }: LocalChain, random: Random): Promise<World> {
    const world = new World(rpcUrl, random)
    await rpc(rpcUrl, 'evm_setIntervalMining', 0)
    await rpc(rpcUrl, 'evm_setAutomine', false)
    await rpc(rpcUrl, 'anvil_setBlockTimestampInterval', BLOCK_SECONDS)
    world.#latest = Number((await world.#block('latest')).timestamp)
    return world
  }

  /** Second of the latest block, or of the highest that a reorg took away. */
  get second(): number {
    return this.#latest
  }

  /** Mines a block. @param skip seconds that it is later than it should be */
  async mine(skip = 0): Promise<void> {
    for (const one of this.#later) one.inBlocks--
    await this.#send(this.#later.filter(({ inBlocks }) => inBlocks <= 0).map(({ raw }) => raw))
    this.#later = this.#later.filter(({ inBlocks }) => inBlocks > 0)
    if (this.#feeGwei !== undefined)
      await rpc(this.#rpcUrl, 'anvil_setNextBlockBaseFeePerGas', toHex(BigInt(this.#feeGwei) * 10n ** 9n))
    this.#latest += BLOCK_SECONDS + skip
    await rpc(this.#rpcUrl, 'evm_setNextBlockTimestamp', this.#latest)
    await rpc(this.#rpcUrl, 'evm_mine')
  }

  /** Mines until a promise is done, with a pause between blocks. */
  async mineWhile<T>(work: Promise<T>, pauseMs = 100): Promise<T> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    done.catch(() => {})
    while (!isDone) {
      await this.mine()
      await sleep(pauseMs)
    }
    return done
  }

  /** What a unit of gas costs from the next block on, in gwei; undefined lets the chain decide again. */
  setFee(gwei: number | undefined): void {
    this.#feeGwei = gwei
  }

  /**
   * Replaces the last blocks. Anvil would drop what was in them, which no network does: most of it is in the new blocks, at
   * its place or a little later, and as on a network one account's transactions stay in order. Some comes later still, some
   * only if its sender sends it again.
   *
   * @returns how many transactions were in the blocks
   */
  async reorg(depth: number): Promise<number> {
    const head = Number((await this.#block('latest')).number)
    const mined: { raw: Hex; from: Hex; offset: number }[] = []
    for (let offset = 0; offset < depth; offset++)
      for (const hash of (await this.#block(toHex(head - depth + 1 + offset))).transactions) {
        const { from } = (await rpc(this.#rpcUrl, 'eth_getTransactionByHash', hash)) as { from: Hex }
        mined.push({ raw: (await rpc(this.#rpcUrl, 'eth_getRawTransactionByHash', hash)) as Hex, from, offset })
      }
    const kept: [raw: Hex, offset: number][] = []
    const pooled: Hex[] = []
    const places = new Map<Hex, number>()
    for (const { raw, from, offset } of mined) {
      const luck = this.#random.next()
      const place = Math.max(places.get(from) ?? 0, offset + this.#random.below(3))
      places.set(from, luck < IN_PLACE ? place : depth)
      if (luck < IN_PLACE && place < depth) kept.push([raw, place])
      else if (luck < IN_PLACE) pooled.push(raw)
      else if (luck < LATER) this.#later.push({ inBlocks: 2 + this.#random.below(6), raw })
    }
    // Empty blocks of the same seconds would be the same blocks.
    await rpc(this.#rpcUrl, 'anvil_setCoinbase', pad(toHex(0xc0ffee00 + ++this.#reorgs), { size: 20 }))
    await rpc(this.#rpcUrl, 'anvil_reorg', depth, kept)
    await this.#send(pooled)
    return mined.length
  }

  async #send(raws: readonly Hex[]): Promise<void> {
    // What its sender has sent again meanwhile, or what does not make sense any more, is refused.
    for (const raw of raws) await rpc(this.#rpcUrl, 'eth_sendRawTransaction', raw).catch(() => {})
  }

  async #block(number: string): Promise<Block> {
    return (await rpc(this.#rpcUrl, 'eth_getBlockByNumber', number, false)) as Block
  }
}
