import type { LocalAccount } from 'viem'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import type { Watch } from '../context.ts'
import type { Decision } from '../decide.ts'
import { type Call, callOf } from './call.ts'
import { contradiction } from './contradiction.ts'
import { feeCap } from './fees.ts'
import { blocksUntil, type Head, headOf } from './head.ts'
import type { RevertOutcome } from './reverts.ts'
import { revertOf, simulate } from './simulate.ts'
import { worthOf } from './worth.ts'

/** What sending a decision now takes. */
export interface Plan {
  readonly head: Head
  readonly call: Call
  /** gas limit */
  readonly gas: bigint
  /** wei that it can win */
  readonly worth: bigint
  /** blocks until its deadline; null without one */
  readonly blocksLeft: number | null
  /** wei that a unit of gas may cost */
  readonly cap: bigint
}

/**
 * Reads the chain again and simulates at the latest block, right before anything is signed.
 *
 * @returns what stands in the way, when something does
 */
export async function planOf(
  { chain }: Watch,
  account: LocalAccount,
  decision: Decision,
): Promise<Plan | { objection: RevertOutcome }> {
  const head = await headOf(chain)
  const { kind, deadline } = decision
  if (deadline !== null && head.timestamp > deadline && kind !== 'claimWithheld')
    return { objection: { kind: 'moot', reason: `its window was over at ${deadline}` } }
  const from = account.address
  const call = callOf(chain, from, decision)
  const objection = (await contradiction(chain, decision)) ?? (await simulate(chain, from, call, kind))
  if (objection) return { objection }
  const estimate = await chain
    // At the latest block, not the pending one, where an earlier try of the same may already have happened.
    .agreed((client, blockNumber) => client.estimateGas({ account: from, ...call, blockNumber }), { equal: isNear })
    .catch((error: unknown) => revertOf(error, from, kind))
  if (typeof estimate !== 'bigint') return { objection: estimate }
  // A slot that the estimate found unchanged may change until inclusion; unused gas is refunded.
  const gas = (estimate * 3n) / 2n + 50_000n
  const worth = await worthNow({ chain }, account, decision)
  const blocksLeft = blocksUntil(deadline, head)
  return { head, call, gas, worth, blocksLeft, cap: feeCap({ valueWei: worth, gas, blocksLeft }) }
}

/** Nodes look for the least gas that is enough to within some per cent; one that says much less would have us run out of it. */
function isNear(one: bigint, other: bigint): boolean {
  return one * 10n <= other * 11n && other * 10n <= one * 11n
}

/** Two endpoints must agree on what there is to win, where it is read from the chain. */
async function worthNow({ chain }: Pick<Watch, 'chain'>, { address }: LocalAccount, decision: Decision) {
  const { parameters } = chain
  const known = { parameters, me: address.toLowerCase() }
  if (decision.kind === 'withdraw') {
    const call = { address: chain.contract, abi: gainsayAbi, functionName: 'creditOf', args: [address] } as const
    const credit = await chain.agreed((client, blockNumber) => client.readContract({ ...call, blockNumber }))
    return worthOf(decision, { ...known, credit })
  }
  if (decision.kind === 'settleDemand') {
    const call = { address: parameters.conviction, abi: convictionAbi, functionName: 'demandTerms' } as const
    const { baseFee: demandFee } = await chain.agreed((client, blockNumber) =>
      client.readContract({ ...call, blockNumber }),
    )
    return worthOf(decision, { ...known, demandFee })
  }
  return worthOf(decision, known)
}
