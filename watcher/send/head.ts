import type { Chain } from '../../chain/connect.ts'
import type { Market } from './fees.ts'

/** The chain's latest block, and what gas costs there. */
export interface Head extends Market {
  readonly number: number
  /** seconds */
  readonly timestamp: bigint
  /** how long a block takes, measured over the last few */
  readonly secondsPerBlock: number
}

/** How many blocks the pace of the chain is measured over, and for how many it is believed. */
const MEASURED_BLOCKS = 16
const BELIEVED_BLOCKS = 64

const paces = new WeakMap<object, { at: number; secondsPerBlock: number }>()

/** Reads the latest block and the tip that others give. */
export async function headOf({ client, agreed }: Pick<Chain, 'client' | 'agreed'>): Promise<Head> {
  const [block, tip] = await Promise.all([
    // Whether a deadline is over, and how near it is, must not be one endpoint's word.
    agreed(async (one, blockNumber) => {
      const { number, timestamp, baseFeePerGas } = await one.getBlock({ blockNumber })
      return { number, timestamp, baseFeePerGas }
    }),
    client.estimateMaxPriorityFeePerGas(),
  ])
  const number = Number(block.number)
  const known = paces.get(client)
  let secondsPerBlock = known?.secondsPerBlock ?? 1
  if (!known || Math.abs(number - known.at) > BELIEVED_BLOCKS) {
    const before = Math.max(0, number - MEASURED_BLOCKS)
    if (before < number) {
      const { timestamp } = await client.getBlock({ blockNumber: BigInt(before) })
      secondsPerBlock = Math.max(0.1, Number(block.timestamp - timestamp) / (number - before))
    }
    paces.set(client, { at: number, secondsPerBlock })
  }
  return { number, timestamp: block.timestamp, baseFee: block.baseFeePerGas ?? 0n, tip, secondsPerBlock }
}

/** Blocks that can still be mined within a deadline, in seconds of chain time; null without one. */
export function blocksUntil(
  deadline: bigint | null,
  { timestamp, secondsPerBlock }: Pick<Head, 'timestamp' | 'secondsPerBlock'>,
): number | null {
  if (deadline === null) return null
  return Math.max(0, Math.floor(Number(deadline - timestamp) / secondsPerBlock))
}
