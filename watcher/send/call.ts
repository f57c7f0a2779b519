import { encodeFunctionData, type Hex } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import type { Chain } from '../../chain/connect.ts'
import type { Decision } from '../decide.ts'

/** What a transaction does. */
export interface Call {
  readonly to: Hex
  readonly data: Hex
  /** wei */
  readonly value: bigint
}

/**
 * The call that carries out a decision.
 *
 * It names its result by an id that commits to request, node and output, so wherever and whenever it is mined it can only
 * be about the very content that was judged: a result that a reorg puts in its place has another id.
 *
 * @param me the account that sends it, and that a withdrawal pays to
 */
export function callOf(
  { contract, parameters }: Pick<Chain, 'contract' | 'parameters'>,
  me: Hex,
  { kind, result, dispute }: Decision,
): Call {
  const gainsay = { to: contract, value: 0n }
  const abi = gainsayAbi
  if (kind === 'withdraw')
    return { ...gainsay, data: encodeFunctionData({ abi, functionName: 'withdraw', args: [me] }) }
  if (!result) throw new Error(`${kind} needs a result`)
  const args = [result.id] as const
  if (kind === 'challenge')
    return {
      ...gainsay,
      value: parameters.challengeBond,
      data: encodeFunctionData({ abi, functionName: 'challenge', args }),
    }
  if (kind === 'claimSilence')
    return { ...gainsay, data: encodeFunctionData({ abi, functionName: 'claimSilence', args }) }
  if (!dispute) throw new Error(`${kind} needs to know what about`)
  return { to: parameters.conviction, value: dispute.value, data: dispute.data }
}

/** A self-transfer of nothing: all it does is use up a nonce. */
export function idleCall(me: Hex): Call {
  return { to: me, data: '0x', value: 0n }
}

/** Gas of a self-transfer: the least that any transaction takes. */
export const IDLE_GAS = 21_000n
