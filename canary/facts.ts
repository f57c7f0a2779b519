import type { Hex } from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import type { Chain } from '../chain/connect.ts'
import type { Canary } from '../journal/canary.ts'
import { contractStatuses, nameOf } from '../protocol/status.ts'
import type { CanaryFacts } from './next-step.ts'

/** Reads what the chain says about a canary, all at one block. */
export async function readFacts(
  { client, contract: address }: Pick<Chain, 'client' | 'contract'>,
  account: Hex,
  { requestId, resultId }: Pick<Canary, 'requestId' | 'resultId'>,
): Promise<CanaryFacts> {
  const { number: blockNumber, timestamp: time } = await client.getBlock({ blockTag: 'latest' })
  const at = { address, abi: gainsayAbi, blockNumber } as const
  const [request, result, freeBond, credit, requesterNonce] = await Promise.all([
    client.readContract({ ...at, functionName: 'requestOf', args: [requestId as Hex] }),
    client.readContract({ ...at, functionName: 'resultOf', args: [resultId as Hex] }),
    client.readContract({ ...at, functionName: 'freeBondOf', args: [account] }),
    client.readContract({ ...at, functionName: 'creditOf', args: [account] }),
    client.readContract({ ...at, functionName: 'nonceOf', args: [account] }),
  ])
  const challenger = BigInt(result.challenger) === 0n ? null : result.challenger.toLowerCase()
  const status = nameOf(contractStatuses, request.status)
  return { status, time, windowEnd: result.windowEnd, challenger, freeBond, credit, requesterNonce }
}
