import { BaseError, ExecutionRevertedError, type Hex, InsufficientFundsError, type PublicClient } from 'viem'
import type { Chain } from '../../chain/connect.ts'
import type { Decision } from '../decide.ts'
import type { Call } from './call.ts'
import { decodeRevert, type RevertOutcome } from './reverts.ts'

/** Simulates a call at the latest block; returns what would stop it, or null. @throws when no endpoint answers */
export function simulate(
  chain: Pick<Chain, 'agreed'>,
  from: Hex,
  call: Call,
  kind: Decision['kind'],
): Promise<RevertOutcome | null> {
  return chain.agreed((client, blockNumber) => outcomeAt(client, { from, call, kind, blockNumber }))
}

/**
 * Learns why a mined transaction reverted, by doing it again where it failed: on what its block left, and if it works
 * there, on what its block began with.
 */
export async function whyReverted(
  { client }: Pick<Chain, 'client'>,
  about: { from: Hex; call: Call; kind: Decision['kind']; blockNumber: bigint; ranOutOfGas: boolean },
): Promise<RevertOutcome> {
  const { ranOutOfGas, blockNumber } = about
  if (ranOutOfGas) return { kind: 'retry', reason: 'it ran out of gas' }
  const after = await outcomeAt(client, about)
  const found = after ?? (await outcomeAt(client, { ...about, blockNumber: blockNumber - 1n }))
  return found ?? { kind: 'retry', reason: 'it would not revert at that block any more' }
}

async function outcomeAt(
  client: PublicClient,
  about: { from: Hex; call: Call; kind: Decision['kind']; blockNumber: bigint },
): Promise<RevertOutcome | null> {
  const { from, call, kind, blockNumber } = about
  try {
    await client.call({ account: from, ...call, blockNumber })
    return null
  } catch (error) {
    return revertOf(error, from, kind)
  }
}

/** What an error of viem's says about a call. @throws the error itself when it says nothing about it */
export function revertOf(error: unknown, from: Hex, kind: Decision['kind']): RevertOutcome {
  if (!(error instanceof BaseError)) throw error
  const raw = error.walk((one) => typeof (one as { data?: unknown }).data === 'string') as { data?: Hex } | null
  if (raw?.data) return decodeRevert(raw.data, kind)
  if (error.walk((one) => one instanceof ExecutionRevertedError)) return decodeRevert(undefined, kind)
  if (error.walk((one) => one instanceof InsufficientFundsError) || /insufficient funds|OutOfFund/i.test(error.message))
    return { kind: 'wait', reason: `the account ${from} has too little for bond and gas; send it some` }
  throw error
}
