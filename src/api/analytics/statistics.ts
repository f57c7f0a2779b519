import { percentile } from './latency.ts'
import { rate, ratio } from './ratio.ts'

/** What was counted of some requests and results. Amounts in wei, times in seconds. */
export interface Sums {
  requests: number
  expired: number
  fees: bigint
  results: number
  challenged: number
  revealed: number
  finalized: number
  rejected: number
  feesPaid: bigint
  slashed: bigint
  burnt: bigint
  answerSeconds: bigint
  settlementSeconds: bigint
}

/** How often which time was seen; worked out only when asked for. */
export interface Buckets {
  answer(): ReadonlyMap<number, number>
  settlement(): ReadonlyMap<number, number>
}

/** What GraphQL shows of them: the counts, and what follows from the counts. */
export function statistics(sums: Sums, buckets: () => Buckets | Promise<Buckets>) {
  const settled = sums.finalized + sums.rejected
  return {
    ...sums,
    open: sums.results - settled,
    challengeRate: rate(sums.challenged, sums.results),
    fraudRate: rate(sums.rejected, settled),
    answerLatency: latency(sums.results, sums.answerSeconds, async () => (await buckets()).answer()),
    settlementLatency: latency(settled, sums.settlementSeconds, async () => (await buckets()).settlement()),
  }
}

function latency(count: number, totalSeconds: bigint, buckets: () => Promise<ReadonlyMap<number, number>>) {
  let read: Promise<ReadonlyMap<number, number>> | undefined
  const at = (thousandths: number) => async () => {
    read ??= buckets()
    return percentile(await read, thousandths)
  }
  return {
    ...{ count, totalSeconds, meanSeconds: ratio(totalSeconds, BigInt(count)) },
    ...{ p50: at(500), p90: at(900), p95: at(950), p99: at(990) },
  }
}
