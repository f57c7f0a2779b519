import { GraphQLError } from 'graphql'
import type { OpinionDay } from '../../../../journal/opinions.ts'
import { dayOf } from '../../../rows/day.ts'
import { type DayRow, daysOf, latenciesOf, together } from '../../analytics/daily.ts'
import { percentile, type Times } from '../../analytics/latency.ts'
import { opinions } from '../../analytics/opinions.ts'
import { payees } from '../../analytics/payees.ts'
import { dayText, parseDay, type Range, rangeOf } from '../../analytics/range.ts'
import { type Point, payoutSpread, stakeSpread, workSpread } from '../../analytics/spread.ts'
import { statistics } from '../../analytics/statistics.ts'
import type { PageContext } from '../context.ts'

/** Stretches that one chart and its table show at most: days, and several days each where there are more. */
const MOST_STRETCHES = 100
/** The same of concentration, each point of which weighs all who have something. */
const MOST_WEIGHED = 52
/** Receivers of rewards that are named. */
export const PAYEES = 20

/** What happened on some days, both included. Amounts in wei, times in seconds; null where there is nothing to measure. */
export interface StretchRow extends Range {
  readonly requests: number
  readonly results: number
  readonly fees: bigint
  readonly fraud: number | null
  readonly checked: number | null
  readonly answer: number | null
  readonly settlement: number | null
}

/** What the page shows of a range of days. */
export interface AnalyticsView {
  readonly range: Range
  readonly all: StretchRow
  /** days that each row has */
  readonly every: number
  readonly rows: readonly StretchRow[]
  readonly work: readonly Point[]
  readonly stake: readonly Point[]
  readonly paid: readonly Point[]
  readonly payees: Awaited<ReturnType<typeof payees>>
}

/** Reads which days an address asks for: a year up to the latest where it names none. What does not parse is named. */
export function daysIn(query: URLSearchParams, latest: number): { range: Range; problems: string[] } {
  const problems: string[] = []
  const day = (name: string) => {
    const text = query.get(name)?.trim()
    if (!text) return null
    try {
      return parseDay(text)
    } catch (error) {
      problems.push(`${name}: ${(error as GraphQLError).message}`)
      return null
    }
  }
  const [from, to] = [day('from'), day('to')]
  try {
    const range = rangeOf({ from, to }, latest)
    if (range.from <= range.to) return { range, problems }
    problems.push(`nothing is indexed after ${dayText(latest)}`)
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    problems.push(error.message)
  }
  return { range: rangeOf({}, latest), problems }
}

/** The analytics of a range of days, from what the index and the watcher keep of each day. */
export async function loadAnalytics({ journal }: PageContext, range: Range): Promise<AnalyticsView> {
  const length = range.to - range.from + 1
  const every = Math.ceil(length / MOST_STRETCHES)
  const weighed = Math.ceil(length / MOST_WEIGHED)
  const [days, judged, work, stake, paid, rewarded] = await Promise.all([
    daysOf({ scope: 'total', subjectId: '0x' }, range),
    journal.opinionDays(range),
    workSpread(range, weighed),
    stakeSpread(range, weighed),
    payoutSpread(range, weighed, ['fee', 'reward']),
    payees(range, ['reward'], PAYEES),
  ])
  const rows: StretchRow[] = []
  for (let from = range.from; from <= range.to; from += every)
    rows.push(stretch({ from, to: Math.min(from + every - 1, range.to) }, days, judged))
  return { range, every, rows, work, stake, paid, payees: rewarded, all: stretch(range, days, judged) }
}

/** The latest indexed day. */
export function latestDay({ around }: PageContext): number {
  return dayOf(around.timestamp)
}

function stretch({ from, to }: Range, days: readonly DayRow[], judged: readonly OpinionDay[] | null): StretchRow {
  const within = ({ day }: { day: number }) => day >= from && day <= to
  const own = days.filter(within)
  const { requests, results, feesPaid, fraudRate } = statistics(together(own), () => latenciesOf(own))
  const { answer, settlement } = latenciesOf(own)
  return {
    ...{ from, to, requests, results, fees: feesPaid, fraud: fraudRate.value },
    checked: judged && opinions(judged.filter(within)).checkedRate.value,
    ...{ answer: median(answer()), settlement: median(settlement()) },
  }
}

function median(times: Times): number | null {
  return percentile(times, 500)
}
