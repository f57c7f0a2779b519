import { whole } from '../amounts.ts'
import { listBatches } from '../load/batches.ts'
import type { Page } from '../page.ts'
import { AuditPill } from '../parts/audit-words.tsx'
import { Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { More } from '../parts/more.tsx'
import { Hash, When } from '../parts/words.tsx'

/** All batches of settled LLM calls, newest first. */
export const batchesPage: Page = async (context, url) => {
  const after = url.searchParams.get('after') ?? undefined
  const { items, next } = await listBatches(context, after)
  return (
    <Layout title="Settled LLM calls" place="/batches" around={context.around} live={after ? undefined : 10}>
      <h1>Settled LLM calls</h1>
      <p class="lead">
        On OpenGradient, TEEs sign what a language model was asked and answered, and calls are settled in batches. The
        chain checks nothing of a batch: this watcher does.
      </p>
      <Table
        caption="Batches of settled calls, newest first"
        head={['settled', 'batch', 'calls', 'audit', 'findings', 'sent by']}
        rows={items.map(({ batch, audit }) => [
          <When at={batch.settledAt} />,
          <Hash value={batch.id} to={`/batches/${batch.id}`} />,
          batch.kind === 'single' ? 'one by itself' : whole(batch.size),
          <AuditPill verdict={audit?.verdict ?? null} />,
          audit && audit.counts.length > 0 ? (
            <span class="text">{audit.counts.map(({ kind, count }) => `${whole(count)} ${kind}`).join(', ')}</span>
          ) : (
            '–'
          ),
          <Hash value={batch.senderId} />,
        ])}
        empty="No settled calls are known. They are followed where OPENGRADIENT_RPC_URL is set."
      />
      <More path="/batches" next={next} isFirst={!after} />
    </Layout>
  )
}
