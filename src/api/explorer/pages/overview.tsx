import { raw } from 'hono/html'
import { abilities } from '../../../../networks/abilities.ts'
import { statuses } from '../../../../protocol/status.ts'
import { whole } from '../amounts.ts'
import { latestChart, STATUS_COLOURS, sharesChart } from '../charts/charts.ts'
import { latestStatuses, listResults } from '../load/results.ts'
import { concentrationOf } from '../load/shares.ts'
import { LATEST_CHALLENGES, type Totals, totals } from '../load/totals.ts'
import { watcherTotals } from '../load/watcher.ts'
import type { Page } from '../page.ts'
import { Section } from '../parts/blocks.tsx'
import { atMost, Challenged, Recorded } from '../parts/counts.tsx'
import { Layout } from '../parts/layout.tsx'
import { ResultTable } from '../parts/result-table.tsx'
import { shortHash } from '../parts/words.tsx'

/** Results that the chart of the latest ones shows. */
const CHARTED = 400
/** Rows of the table of the latest results. */
const LATEST = 20
/** Nodes that the chart of shares names. */
const NAMED = 6

/** What is going on: the numbers that matter, how work is spread, and the latest results. */
export const overviewPage: Page = async (context) => {
  const [counts, latest, charted, watcher] = await Promise.all([
    totals(),
    listResults(context, {}, LATEST),
    latestStatuses(CHARTED),
    watcherTotals(context.journal),
  ])
  const isChallenged = abilities[context.principal.network].challenges
  return (
    <Layout title="Overview" place="/" around={context.around} live={5}>
      <h1>Which AI results on this chain can be relied on</h1>
      {isChallenged ? <Challenged counts={counts} /> : <Recorded counts={counts} watcher={watcher} />}
      <Section id="mix" title="What became of them">
        <Mix counts={counts} />
      </Section>
      <div class="columns">
        <Section id="lately" title={`The latest ${whole(charted.length)}, by when they were posted`}>
          {charted.length > 0 ? (
            <figure class="panel">{raw(latestChart(charted))}</figure>
          ) : (
            <p class="none">There are none yet.</p>
          )}
        </Section>
        {isChallenged ? (
          <Section id="concentration" title="How concentrated work is">
            <Shares counts={counts} />
          </Section>
        ) : null}
      </div>
      <Section id="latest" title="Latest results">
        <ResultTable caption="Latest results" results={latest.items} empty="No results yet." />
        <nav class="pages" aria-label="More results">
          <a href="/results">all results →</a>
          <a href="/results?status=rejected">rejected ones →</a>
        </nav>
      </Section>
      <Section id="ours" title="This watcher">
        {watcher ? (
          <p>
            {`It has seen ${whole(watcher.observed)} results: ${whole(watcher.valid)} valid, ${whole(watcher.invalid)} invalid, ${whole(watcher.undetermined)} undetermined, ${whole(watcher.unchecked)} left unchecked; it challenged ${whole(watcher.challenges)}. `}
            <a href="/watcher">More of it</a>
          </p>
        ) : (
          <p class="none">No watcher has run beside this index.</p>
        )}
      </Section>
    </Layout>
  )
}

function Mix({ counts }: { counts: Totals }) {
  const shown = statuses.flatMap((status) => {
    const count = counts.byStatus[status] ?? 0
    return count > 0 ? [{ status, count }] : []
  })
  const all = shown.reduce((sum, { count }) => sum + count, 0)
  let x = 0
  const causes = [...counts.causes].map(([cause, count]) => `${cause} ${whole(count)}`).join(', ')
  return (
    <>
      <svg
        class="mix"
        viewBox="0 0 1000 18"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Requests by status: ${shown.map(({ status, count }) => `${status} ${count}`).join(', ')}`}
      >
        {shown.map(({ status, count }) => {
          const width = (1000 * count) / all
          x += width
          return <rect x={x - width} y="0" width={Math.max(width - 2, 1)} height="18" fill={STATUS_COLOURS[status]} />
        })}
      </svg>
      <ul class="legend">
        {shown.map(({ status, count }) => (
          <li>
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <rect width="10" height="10" fill={STATUS_COLOURS[status]} />
            </svg>
            {status === 'requested' ? (
              `waiting for an answer ${atMost(count)}`
            ) : (
              <a href={`/results?status=${status}`}>{`${status} ${atMost(count)}`}</a>
            )}
          </li>
        ))}
      </ul>
      {causes ? (
        <p class="note">{`Rejected for: ${causes}${[...counts.causes.values()].reduce((a, b) => a + b, 0) >= LATEST_CHALLENGES ? ` (of the latest ${LATEST_CHALLENGES} challenges)` : ''}.`}</p>
      ) : null}
    </>
  )
}

function Shares({ counts }: { counts: Totals }) {
  const all = counts.nodes.reduce((sum, { results }) => sum + results, 0)
  if (all === 0) return <p class="none">No node has posted a result yet.</p>
  const ofWork = concentrationOf(counts.nodes.map(({ results }) => BigInt(results)))
  const ofStake = concentrationOf(counts.nodes.map(({ bond }) => bond))
  const named = counts.nodes.slice(0, NAMED).map(({ id, results }) => ({ name: shortHash(id), share: results / all }))
  return (
    <figure class="panel">
      {raw(sharesChart('Share of results by node', named))}
      <figcaption>
        {`Of results: Herfindahl–Hirschman index ${whole(ofWork.hhi)} of 10,000, and ${nodes(ofWork.majority)} more than half. Of bonds: ${whole(ofStake.hhi)}, and ${nodes(ofStake.majority)} more than half. `}
        <a href="/nodes">All nodes</a>
      </figcaption>
    </figure>
  )
}

function nodes(count: number): string {
  return count === 1 ? 'one node has' : `${count} nodes have`
}
