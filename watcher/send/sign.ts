import { type Hex, keccak256, type LocalAccount, parseTransaction } from 'viem'
import type { Action, Attempt } from '../../journal/queries.ts'
import { recordSigned } from '../../journal/sending.ts'
import type { Watch } from '../context.ts'
import { broadcast } from './broadcast.ts'
import type { Call } from './call.ts'
import type { Fees } from './fees.ts'
import type { Head } from './head.ts'
import { routeOf } from './route.ts'

/** A transaction to be made for an action. */
export interface Draft {
  readonly action: Pick<Action, 'id'>
  readonly purpose: Attempt['purpose']
  readonly call: Call
  readonly nonce: number
  /** gas limit */
  readonly gas: bigint
  readonly fees: Fees
  readonly head: Pick<Head, 'number'>
  /** blocks until the action's deadline; null without one */
  readonly blocksLeft: number | null
  /** the first transaction of this nonce; undefined when this one is the first */
  readonly first?: Pick<Attempt, 'signedAtBlock'> | undefined
}

/** Signs, journals, broadcasts, in this order: what is on its way is always in the journal. Returns the hash. */
export async function signAndSend(it: Watch, account: LocalAccount, draft: Draft): Promise<Hex> {
  const { action, purpose, call, nonce, gas, fees, head, blocksLeft, first } = draft
  const { chainId } = it.chain
  const raw = await account.signTransaction({ type: 'eip1559', chainId, nonce, ...call, gas, ...fees })
  const hash = keccak256(raw)
  const row = { hash, actionId: action.id, sender: account.address, nonce, raw, purpose, signedAtBlock: head.number }
  await recordSigned(it.journal, row, it.clock())
  await broadcast(it, raw, routeFor(it, { first, head, blocksLeft }))
  return hash
}

/** Where a transaction of a nonce is to be broadcast now. */
export function routeFor(
  { config }: Pick<Watch, 'config'>,
  {
    first,
    head,
    blocksLeft,
  }: {
    first: Pick<Attempt, 'signedAtBlock'> | undefined
    head: Pick<Head, 'number'>
    blocksLeft: number | null
  },
) {
  return routeOf({
    hasRelay: config.relayUrl !== undefined,
    relayOnly: config.relayOnly,
    patience: config.relayPatienceBlocks,
    waited: first ? head.number - first.signedAtBlock : 0,
    blocksLeft,
  })
}

/** What a signed transaction of ours does and offers. */
export function readSigned({ raw }: Pick<Attempt, 'raw'>): { call: Call; gas: bigint; fees: Fees } {
  const {
    to,
    data = '0x',
    value = 0n,
    gas = 0n,
    maxFeePerGas = 0n,
    maxPriorityFeePerGas = 0n,
  } = parseTransaction(raw as `0x02${string}`)
  return { call: { to: to as Hex, data, value }, gas, fees: { maxFeePerGas, maxPriorityFeePerGas } }
}
