import { setTimeout as sleep } from 'node:timers/promises'
import type { Hex } from 'viem'
import { rpc } from '../test/index/support/rpc.ts'

/** Blocks come every second, a little early or late, so that they keep no step with anybody's polling. */
export const BLOCK_MS = { least: 800, most: 1200 }

/** Mines blocks at about the pace of a quick chain and remembers when, to the millisecond that a timestamp lacks. */
export class Miner {
  readonly #rpcUrl: string
  readonly #times = new Map<bigint, number>()
  #stopped = false

  constructor(rpcUrl: string) {
    this.#rpcUrl = rpcUrl
  }

  async start(): Promise<void> {
    await rpc(this.#rpcUrl, 'evm_setAutomine', false)
    void this.#run().catch((error: unknown) => {
      if (!this.#stopped) throw error
    })
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await sleep(BLOCK_MS.least + Math.random() * (BLOCK_MS.most - BLOCK_MS.least))
      if (this.#stopped) return
      await rpc(this.#rpcUrl, 'evm_mine')
      const minedAt = performance.now()
      this.#times.set(BigInt((await rpc(this.#rpcUrl, 'eth_blockNumber')) as Hex), minedAt)
    }
  }

  /** When a block was mined, by `performance.now()`. The chain may show a block a moment before the miner has noted it. */
  async minedAt(blockNumber: bigint): Promise<number> {
    for (const deadline = performance.now() + 5_000; performance.now() < deadline; await sleep(1)) {
      const time = this.#times.get(blockNumber)
      if (time !== undefined) return time
    }
    throw new Error(`block ${blockNumber} was not mined here`)
  }

  stop(): void {
    this.#stopped = true
  }
}
