import { createPublicClient, encodeFunctionData, type Hex, http, type LocalAccount } from 'viem'
import { anvil } from 'viem/chains'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { rpc } from '../index/support/rpc.ts'

/** A call in a {@link Script}. */
export interface Line {
  to?: Hex
  data: Hex
  /** wei */
  value?: bigint
  gas?: bigint
}

/** What a part of the cast pays for gas at most, in wei: more than any fee spike asks for. */
const MAX_FEE = 10n ** 15n
const MOST_AT_ONCE = 200

/**
 * Transactions of one account, signed beforehand in the order of their nonces, each from a block of the run on. What is not
 * on the chain is sent again at every block, so that no reorg changes what the account has done in the end.
 */
export class Script {
  readonly #rpcUrl: string
  readonly #account: LocalAccount
  readonly #lines: { at: number; raw: Hex }[] = []
  #contract: Hex

  constructor(rpcUrl: string, contract: Hex, account: LocalAccount) {
    this.#rpcUrl = rpcUrl
    this.#contract = contract
    this.#account = account
  }

  get address(): Hex {
    return this.#account.address
  }

  /** How many transactions it has; the nonce of the next one. */
  get length(): number {
    return this.#lines.length
  }

  /** Adds a call. @param at block of the run from which on it is sent */
  async add(at: number, { to = this.#contract, data, value = 0n, gas = 2_000_000n }: Line): Promise<void> {
    const raw = await this.#account.signTransaction({
      ...{ type: 'eip1559', chainId: anvil.id, nonce: this.#lines.length, to, data, value, gas },
      ...{ maxFeePerGas: MAX_FEE, maxPriorityFeePerGas: 10n ** 9n },
    })
    this.#lines.push({ at, raw })
  }

  /** Adds a deployment. */
  async deploy(at: number, data: Hex): Promise<void> {
    const raw = await this.#account.signTransaction({
      ...{ type: 'eip1559', chainId: anvil.id, nonce: this.#lines.length, data, gas: 2_000_000n },
      ...{ maxFeePerGas: MAX_FEE, maxPriorityFeePerGas: 10n ** 9n },
    })
    this.#lines.push({ at, raw })
  }

  /** Sends what is due and not mined. @param most so many at once @returns how many lines are still to be mined */
  async send(now: number, most = MOST_AT_ONCE): Promise<number> {
    const client = createPublicClient({ transport: http(this.#rpcUrl), cacheTime: 0 })
    const mined = await client.getTransactionCount({ address: this.#account.address, blockTag: 'latest' })
    const due = this.#lines.slice(mined, mined + most).filter(({ at }) => at <= now)
    // One that waits in the pool is refused; what matters is that each is somewhere.
    for (const { raw } of due) await rpc(this.#rpcUrl, 'eth_sendRawTransaction', raw).catch(() => {})
    return this.#lines.length - mined
  }
}

/** Calldata of one of the Gainsay contract's moves. */
export function move(functionName: string, args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi: gainsayAbi, functionName, args } as never)
}
