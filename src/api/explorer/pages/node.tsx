import { percent, whole } from '../amounts.ts'
import { SHORT } from '../load/lists.ts'
import { listResults } from '../load/results.ts'
import type { Page } from '../page.ts'
import { Figure, Figures, Section } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { ResultTable } from '../parts/result-table.tsx'
import { Ether, FullHash, shortHash } from '../parts/words.tsx'

/** One node: its bond, its record, its results. */
export const nodePage: Page = async (context, _url, id) => {
  const canonical = id.toLowerCase()
  const node = /^0x[0-9a-f]{40}$/.test(canonical) ? await context.loaders.node.load(canonical) : null
  if (!node) return null
  const results = await listResults(context, { node: node.id }, SHORT)
  const settled = node.finalizedCount + node.rejectedCount
  return (
    <Layout title={`Node ${shortHash(node.id)}`} place="/nodes" around={context.around} live={5}>
      <p class="crumb">
        <a href="/nodes">Nodes</a> / node
      </p>
      <h1>
        Node <FullHash value={node.id} />
      </h1>
      <Figures>
        <Figure name="Results" value={whole(node.resultCount)} note={`${whole(node.resultCount - settled)} open`} />
        <Figure
          name="Finalized"
          value={whole(node.finalizedCount)}
          note={settled > 0 ? `${percent(node.finalizedCount / settled)} of settled` : undefined}
        />
        <Figure
          name="Rejected"
          value={whole(node.rejectedCount)}
          note={settled > 0 ? `${percent(node.rejectedCount / settled)} of settled` : undefined}
        />
        <Figure name="Bond locked" value={<Ether wei={node.lockedBond} />} note="behind open results" />
        <Figure name="Bond free" value={<Ether wei={node.freeBond} />} note="for more of them" />
        <Figure name="Slashed" value={<Ether wei={node.slashed} />} note="taken for rejected results" />
      </Figures>
      <p>
        <a href={`/accounts/${node.id}`}>What its account was paid, and what else it did</a>
      </p>
      <Section id="results" title="Its latest results">
        <ResultTable
          caption="Latest results of this node"
          results={results.items}
          without="node"
          empty="It has posted no result yet."
        />
        <nav class="pages" aria-label="More results of this node">
          {results.next ? <a href={`/results?node=${node.id}`}>all its results →</a> : null}
          <a href={`/results?node=${node.id}&status=rejected`}>rejected ones →</a>
        </nav>
      </Section>
    </Layout>
  )
}
