import { networkNames } from '../../../../networks/network.ts'
import { verdictKinds } from '../load/journal.ts'
import { filterOf, listResults, type ResultFilter } from '../load/results.ts'
import type { Page } from '../page.ts'
import { Layout } from '../parts/layout.tsx'
import { ResultTable } from '../parts/result-table.tsx'

const SHOWN = ['posted', 'challenged', 'revealed', 'rejected', 'finalized', 'recorded'] as const

/** All results, narrowed by what the address says: a link to a list is the list. */
export const resultsPage: Page = async (context, url) => {
  const { filter, problems } = filterOf(url.searchParams)
  const { items, next } = await listResults(context, filter)
  return (
    <Layout title="Results" place="/results" around={context.around} live={filter.after ? undefined : 5}>
      <h1>Results</h1>
      <nav aria-label="Results by status">
        <ul class="chips">
          {[undefined, ...SHOWN].map((status) => (
            <li>
              <a href={addressOf({ ...filter, status })} aria-current={filter.status === status ? 'true' : undefined}>
                {status ?? 'all'}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <form class="filters" action="/results">
        {filter.status ? <input type="hidden" name="status" value={filter.status} /> : null}
        <label>
          network
          <select name="network">
            <option value="">any</option>
            {networkNames.map((name) => (
              <option value={name} selected={filter.network === name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="id">
          model
          <input name="model" value={filter.model} placeholder="0x… id of a model" maxlength={66} spellcheck={false} />
        </label>
        <label class="id">
          node
          <input name="node" value={filter.node} placeholder="0x… address" maxlength={42} spellcheck={false} />
        </label>
        <label>
          our verdict
          <select name="verdict">
            <option value="">any</option>
            {verdictKinds.map((kind) => (
              <option value={kind} selected={filter.verdict === kind}>
                {kind}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">Filter</button>
        <a href="/results">clear</a>
      </form>
      {problems.map((problem) => (
        <p class="tone-bad">{`Not looked at: ${problem}.`}</p>
      ))}
      <ResultTable caption="Results, newest first" results={items} empty="No result passes these filters." />
      <nav class="pages" aria-label="Pages of this list">
        {filter.after ? <a href={addressOf(filter)}>← newest</a> : null}
        {next ? (
          <a href={addressOf(filter, next)} rel="next">
            older →
          </a>
        ) : null}
      </nav>
    </Layout>
  )
}

/** The address of a list: its filters, and where it begins. */
export function addressOf({ status, network, model, node, verdict }: ResultFilter, after?: string): string {
  const query = new URLSearchParams()
  const said = { status, network, model, node, verdict, after }
  for (const [name, value] of Object.entries(said)) if (value) query.set(name, value)
  const text = query.toString()
  return text ? `/results?${text}` : '/results'
}
