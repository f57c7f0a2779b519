import { setTimeout as sleep } from 'node:timers/promises'
import type { OtherChain } from '../../chain/connect.ts'
import { principalOf } from '../../config/principal.ts'
import type { Following } from '../context.ts'
import { noteRound } from '../gauges.ts'
import { askHead, IndexError } from '../index-client.ts'

/**
 * The rounds of a watcher that follows no Gainsay contract, until `signal` aborts: they only look how far chain and index are,
 * so that metrics, health check and log tell when either is away. A round that fails is said once until it works again.
 */
export async function headRounds(
  it: Pick<Following, 'config' | 'log' | 'gauges' | 'clock'>,
  { client }: Pick<OtherChain, 'client'>,
  signal: AbortSignal,
): Promise<void> {
  const { apiUrl, pollMs } = it.config
  const { chainId, contract } = principalOf(it.config)
  let failing = ''
  while (!signal.aborted) {
    try {
      const [index, head] = await Promise.all([askHead(apiUrl), client.getBlock({ blockTag: 'latest' })])
      if (index.chainId !== chainId || index.contract !== contract)
        throw new IndexError(
          `The index at ${apiUrl} follows ${index.contract} on chain ${index.chainId}, not what is configured. Set GAINSAY_API_URL.`,
        )
      noteRound(it, index, head)
      if (failing) it.log.info('the round works again')
      failing = ''
    } catch (error) {
      const { message } = error as Error
      if (message !== failing) it.log.warn({ err: error }, 'a round failed; trying again')
      failing = message
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {})
  }
}
