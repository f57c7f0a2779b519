import type { OpinionDay } from '../../../journal/opinions.ts'
import { rate } from './ratio.ts'
import type { Sums } from './statistics.ts'

/** What GraphQL shows of a watcher's opinions of some days. */
export function opinions(days: readonly OpinionDay[]) {
  const sum = (column: 'observed' | 'valid' | 'invalid' | 'undetermined') =>
    days.reduce((total, day) => total + day[column], 0)
  const [observed, valid, invalid, undetermined] = [
    sum('observed'),
    sum('valid'),
    sum('invalid'),
    sum('undetermined'),
  ] as const
  const judged = valid + invalid
  return {
    ...{ observed, valid, invalid, undetermined },
    checkedRate: rate(judged, observed),
    undeterminedRate: rate(undetermined, judged + undetermined),
  }
}

/** What a verified inference costs in wei: fee and gas, each by the results it was paid for. */
export function verifiedCost(
  { finalized, feesPaid }: Pick<Sums, 'finalized' | 'feesPaid'>,
  days: readonly OpinionDay[],
  gasPaid: bigint,
) {
  const judged = days.reduce((total, day) => total + day.valid + day.invalid, 0)
  const feePerFinalized = finalized === 0 ? null : feesPaid / BigInt(finalized)
  const gasPerJudged = judged === 0 ? null : gasPaid / BigInt(judged)
  return {
    ...{ finalized, feesPaid, feePerFinalized, judged, gasPaid, gasPerJudged },
    total: feePerFinalized === null || gasPerJudged === null ? null : feePerFinalized + gasPerJudged,
  }
}
