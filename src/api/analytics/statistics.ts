import { percentile, type Times } from './latency.ts'
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
export interface Latencies {
  answer(): Times
  settlement(): Times
}

/** What GraphQL shows of them: the counts, and what follows from the counts. */
export function statistics(sums: Sums, latencies: () => Latencies | Promise<Latencies>) {
  const settled = sums.finalized + sums.rejected
  return {
    ...sums,
    open: sums.results - settled,
    challengeRate: rate(sums.challenged, sums.results),
    fraudRate: rate(sums.rejected, settled),
    answerLatency: latency(sums.results, sums.answerSeconds, () => then(latencies(), (both) => both.answer())),
    settlementLatency: latency(settled, sums.settlementSeconds, () => then(latencies(), (both) => both.settlement())),
  }
}

function latency(count: number, totalSeconds: bigint, times: () => Times | Promise<Times>) {
  let read: Times | Promise<Times> | undefined
  const at = (thousandths: number) => () => {
    read ??= times()
    return then(read, (all) => percentile(all, thousandths))
  }
  return {
    ...{ count, totalSeconds, meanSeconds: ratio(totalSeconds, BigInt(count)) },
    ...{ p50: at(500), p90: at(900), p95: at(950), p99: at(990) },
  }
}

/** At once where it can be: a promise for each of a year's thousands of fields takes longer than the fields. */
function then<From, To>(value: From | Promise<From>, next: (value: From) => To): To | Promise<To> {
  return value instanceof Promise ? value.then(next) : next(value)
}
