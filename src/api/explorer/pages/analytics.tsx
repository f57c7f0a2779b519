import { raw } from 'hono/html'
import { dayText, type Range } from '../../analytics/range.ts'
import { duration, ether, percent, whole } from '../amounts.ts'
import { sharesChart } from '../charts/charts.ts'
import { colourOf, daysChart, type Line, linesChart } from '../charts/days.ts'
import { type AnalyticsView, daysIn, latestDay, loadAnalytics, PAYEES, type StretchRow } from '../load/analytics.ts'
import type { Page } from '../page.ts'
import { Figure, Figures, Section, Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { Ether, Hash, shortHash } from '../parts/words.tsx'

/** Receivers that the chart of rewards names. */
const NAMED = 6

/** How things went from day to day: work, fees, fraud, checks, latency, concentration, rewards. */
export const analyticsPage: Page = async (context, url) => {
  const { range, problems } = daysIn(url.searchParams, latestDay(context))
  const view = await loadAnalytics(context, range)
  const { all } = view
  return (
    <Layout title="Analytics" place="/analytics" around={context.around} live={30}>
      <h1>Analytics</h1>
      <p class="lead">
        {`From ${dayText(range.from)} to ${dayText(range.to)}, days of UTC. A result counts for the day on which it was posted, whatever becomes of it. `}
        {context.networks.length > 1
          ? 'What is only recorded, as nobody can challenge it, is in none of these numbers. '
          : null}
        <a href="/graphql">GraphQL</a>
        {' has the same by model and by node, under '}
        <code>analytics</code>.
      </p>
      <form class="filters" action="/analytics">
        <label>
          from
          <input type="date" name="from" value={dayText(range.from)} />
        </label>
        <label>
          to
          <input type="date" name="to" value={dayText(range.to)} />
        </label>
        <button type="submit">Show</button>
        <a href="/analytics">the latest year</a>
      </form>
      {problems.map((problem) => (
        <p class="tone-bad">{`Not looked at: ${problem}.`}</p>
      ))}
      <Figures>
        <Figure name="Results" value={whole(all.results)} note={`of ${whole(all.requests)} requests`} />
        <Figure name="Fees paid" value={<Ether wei={all.fees} />} note="for results that stood" />
        <Figure name="Fraud" value={rateText(all.fraud)} note="of settled results were rejected" />
        <Figure name="Checked" value={rateText(all.checked)} note="of results seen by this watcher" />
        <Figure name="Answered after" value={timeText(all.answer)} note="half of them, at most" />
        <Figure name="Settled after" value={timeText(all.settlement)} note="half of them, at most" />
      </Figures>
      <Section id="days" title={view.every === 1 ? 'Day by day' : `By stretches of ${view.every} days`}>
        <div class="columns">
          <Chart of="Results" bars rows={view.rows} value={({ results }) => results} format={whole} />
          <Chart
            {...{ of: 'Fees paid, in ETH', bars: true, rows: view.rows, format: plain }}
            value={({ fees }) => Number(fees) / 1e18}
          />
          <Chart of="Fraud rate" rows={view.rows} value={({ fraud }) => fraud} format={percent} />
          <Chart
            of="Share checked by this watcher"
            rows={view.rows}
            value={({ checked }) => checked}
            format={percent}
          />
          <Chart of="Median time to an answer" rows={view.rows} value={({ answer }) => answer} format={duration} />
          <Chart
            of="Median time to settlement"
            rows={view.rows}
            value={({ settlement }) => settlement}
            format={duration}
          />
        </div>
        <DaysTable rows={view.rows} />
      </Section>
      <Section
        id="concentration"
        title="How concentrated it is"
        lead="Herfindahl–Hirschman index: the sum of squared shares, up to 1 when one has all."
      >
        <Concentration view={view} />
      </Section>
      <Section
        id="rewards"
        title="Who earned rewards"
        lead={view.payees.length === PAYEES ? `The first ${PAYEES}.` : undefined}
      >
        <Rewards view={view} />
      </Section>
    </Layout>
  )
}

function Chart({
  of,
  rows,
  value,
  format,
  bars = false,
}: {
  of: string
  rows: readonly StretchRow[]
  value: (row: StretchRow) => number | null
  format: (value: number) => string
  bars?: boolean
}) {
  const points = rows.map((row) => ({ from: row.from, to: row.to, value: value(row) }))
  return (
    <figure class="panel">
      <figcaption>{of}</figcaption>
      {raw(daysChart(of, { name: of, points }, { bars, format }))}
    </figure>
  )
}

function DaysTable({ rows }: { rows: readonly StretchRow[] }) {
  return (
    <details>
      <summary>The same as a table</summary>
      <Table
        caption="What happened day by day, latest first"
        head={['days', 'requests', 'results', 'fees paid', 'fraud', 'checked', 'answered after', 'settled after']}
        rows={[...rows]
          .reverse()
          .map((row) => [
            daysText(row),
            whole(row.requests),
            whole(row.results),
            <Ether wei={row.fees} />,
            rateText(row.fraud),
            rateText(row.checked),
            timeText(row.answer),
            timeText(row.settlement),
          ])}
        empty=""
      />
    </details>
  )
}

function Concentration({ view: { work, stake, paid } }: { view: AnalyticsView }) {
  const lines: Line[] = [
    ['results by node', work] as const,
    ['bonds by node', stake] as const,
    ['fees and rewards by account', paid] as const,
  ].map(([name, points]) => ({ name, points: points.map(({ from, to, hhi }) => ({ from, to, value: hhi })) }))
  return (
    <>
      <figure class="panel">{raw(linesChart('Concentration', lines, share))}</figure>
      <ul class="legend">
        {lines.map(({ name }, i) => (
          <li>
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <rect width="10" height="10" fill={colourOf(i)} />
            </svg>
            {name}
          </li>
        ))}
      </ul>
      <details>
        <summary>The same as a table</summary>
        <Table
          caption="Concentration over time, latest first: Herfindahl–Hirschman index, Gini coefficient, and how many have more than half"
          head={[
            'days',
            'results: index',
            'Gini',
            'half',
            'bonds: index',
            'Gini',
            'half',
            'paid: index',
            'Gini',
            'half',
          ]}
          rows={work
            .map((point, i) => [
              daysText(point),
              ...[point, stake[i], paid[i]].flatMap((one) => [
                one?.hhi == null ? '–' : share(one.hhi),
                one?.gini == null ? '–' : share(one.gini),
                one?.nakamoto == null ? '–' : whole(one.nakamoto),
              ]),
            ])
            .reverse()}
          empty=""
        />
      </details>
    </>
  )
}

function Rewards({ view: { payees } }: { view: AnalyticsView }) {
  const all = payees.reduce((sum, { amount }) => sum + amount, 0n)
  if (all === 0n) return <p class="none">Nobody was rewarded on these days.</p>
  const shares = payees.slice(0, NAMED).map(({ accountId, amount }) => ({
    name: shortHash(accountId),
    share: Number((amount * 1_000_000n) / all) / 1_000_000,
  }))
  return (
    <>
      <figure class="panel">{raw(sharesChart('Share of these rewards', shares))}</figure>
      <Table
        caption="Rewards by receiver, the largest sum first"
        head={['account', 'rewards', 'in all']}
        rows={payees.map(({ accountId, payouts, amount }) => [
          <Hash value={accountId} to={`/accounts/${accountId}`} />,
          whole(payouts),
          <Ether wei={amount} />,
        ])}
        empty=""
      />
    </>
  )
}

function daysText({ from, to }: Range): string {
  return from === to ? dayText(from) : `${dayText(from)} to ${dayText(to)}`
}

function rateText(rate: number | null): string {
  return rate === null ? '–' : percent(rate)
}

function timeText(seconds: number | null): string {
  return seconds === null ? '–' : duration(seconds)
}

const share = (value: number): string => String(Number(value.toPrecision(3)))
const plain = (value: number): string => ether(BigInt(Math.round(value * 1e18)))
