import { percent, whole } from '../amounts.ts'
import { listNodes } from '../load/lists.ts'
import { totals } from '../load/totals.ts'
import type { Page } from '../page.ts'
import { Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { More } from '../parts/more.tsx'
import { Ether, Hash } from '../parts/words.tsx'

/** All nodes, those with most results first. */
export const nodesPage: Page = async (context, url) => {
  const after = url.searchParams.get('after') ?? undefined
  const [{ items, next }, { results: all }] = await Promise.all([listNodes(after), totals()])
  return (
    <Layout title="Nodes" place="/nodes" around={context.around} live={after ? undefined : 10}>
      <h1>Nodes</h1>
      <p class="lead">
        A node runs requests and posts results under a bond, part of which it loses with each result that is rejected.
      </p>
      <Table
        caption="Nodes, those with most results first"
        head={[
          'node',
          'results',
          'share',
          'finalized',
          'rejected',
          'rejected of settled',
          'bond locked',
          'bond free',
          'slashed',
        ]}
        rows={items.map((node) => {
          const settled = node.finalizedCount + node.rejectedCount
          return [
            <Hash value={node.id} to={`/nodes/${node.id}`} />,
            whole(node.resultCount),
            all > 0 ? percent(node.resultCount / all) : '–',
            whole(node.finalizedCount),
            <span class={node.rejectedCount > 0 ? 'tone-bad' : ''}>{whole(node.rejectedCount)}</span>,
            settled > 0 ? percent(node.rejectedCount / settled) : '–',
            <Ether wei={node.lockedBond} />,
            <Ether wei={node.freeBond} />,
            <Ether wei={node.slashed} />,
          ]
        })}
        empty="No node has put up a bond yet."
      />
      <More path="/nodes" next={next} isFirst={!after} />
    </Layout>
  )
}
