import type { LocalAccount } from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import type { Chain } from '../chain/connect.ts'
import type { Config } from '../config/config.ts'
import type { Journal } from '../journal/open.ts'
import { spentSince } from '../journal/spent.ts'
import { limitSpending } from '../keys/spend-limits.ts'

const DAY_MS = 86_400_000
/** Challenge bonds that may be spent in a day, where the operator says nothing. */
const BONDS_PER_DAY = 20n

/**
 * Puts the configured spend limits in front of the watcher's account. By default one transaction sends at most the larger of
 * a challenge bond and twice a first demand's fee along, and a day costs at most 20 challenge bonds. What was spent is counted from the
 * journal, so that a restart does not begin anew.
 */
export async function guarded(
  account: LocalAccount,
  { config, chain, journal }: { config: Config; chain: Chain; journal: Journal },
  clock: () => number = Date.now,
): Promise<LocalAccount> {
  const { challengeBond } = chain.parameters
  const seat = chain.seat?.state === 'ready' ? chain.seat.address : undefined
  const terms = seat
    ? await chain.client.readContract({ address: seat, abi: convictionAbi, functionName: 'demandTerms' })
    : undefined
  // A demand sends twice the fee along: others may be faster and raise it.
  const fee = 2n * (terms?.baseFee ?? 0n)
  return limitSpending(account, {
    chainId: chain.chainId,
    contract: chain.contract,
    conviction: seat,
    maxValue: config.maxValue ?? (challengeBond > fee ? challengeBond : fee),
    maxPerDay: config.maxSpendPerDay ?? BONDS_PER_DAY * challengeBond,
    spent: (exceptNonce) => spentSince(journal, account.address, clock() - DAY_MS, exceptNonce),
  })
}
