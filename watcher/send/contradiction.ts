import { BlockNotFoundError } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import type { Chain } from '../../chain/connect.ts'
import { nameOf, type Status, statuses } from '../../protocol/status.ts'
import type { Decision } from '../decide.ts'
import { agreedRead } from './agreed-read.ts'
import type { RevertOutcome } from './reverts.ts'

/**
 * Whether the chain itself still shows what was decided upon: the index can be wrong after a deep reorg, and others act
 * meanwhile. All is read at one block; returns what differs, or null.
 */
export function contradiction(
  chain: Pick<Chain, 'client' | 'contract'>,
  { kind, result }: Pick<Decision, 'kind' | 'result'>,
): Promise<RevertOutcome | null> {
  if (!result) return Promise.resolve(null)
  return agreedRead(chain, async (client, blockNumber): Promise<RevertOutcome | null> => {
    const block = await client.getBlock({ blockNumber: result.blockNumber }).catch((error: unknown) => {
      // "No such block" is an answer; trouble of an endpoint is none.
      if (error instanceof BlockNotFoundError) return null
      throw error
    })
    if (block?.hash !== result.blockHash)
      return {
        kind: 'wait',
        reason:
          'the chain has another block where the index shows this result: the index lags behind a reorg, or must be re-indexed',
      }
    const call = { address: chain.contract, abi: gainsayAbi, functionName: 'statusOf', args: [result.id] } as const
    const status = nameOf(statuses, await client.readContract({ ...call, blockNumber }))
    const needed = STATUS_FOR[kind]
    return needed === undefined || status === needed
      ? null
      : { kind: 'moot', reason: `on chain it is ${status}, no longer ${needed}` }
  })
}

/** The status that a result must have for an action to make sense; a settled demand's fee is fetched in any. */
const STATUS_FOR: Readonly<Partial<Record<Decision['kind'], Status>>> = {
  challenge: 'posted',
  claimSilence: 'challenged',
  commit: 'revealed',
  convict: 'revealed',
  demand: 'revealed',
  claimWithheld: 'revealed',
  appeal: 'revealed',
}
