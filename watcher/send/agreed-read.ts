import type { PublicClient } from 'viem'
import type { Chain } from '../../chain/connect.ts'

type Read<T> = (client: PublicClient, blockNumber: bigint) => Promise<T>

/**
 * Reads the chain at one block, through {@link Chain} `agreed` where it has one: on two endpoints where two are configured.
 *
 * @throws what the read throws; DisagreementError when endpoints contradict each other
 */
export async function agreedRead<T>(
  chain: Pick<Chain, 'client'> & { agreed?: (read: Read<T>) => Promise<T> },
  read: Read<T>,
): Promise<T> {
  if (chain.agreed) return chain.agreed(read)
  return read(chain.client, await chain.client.getBlockNumber({ cacheTime: 0 }))
}
