import type { Child } from 'hono/jsx'
import { accountLists, SHORT } from '../load/lists.ts'
import type { Page } from '../page.ts'
import { Figure, Figures, Section, Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { frequencyText, TaskPill, taskState } from '../parts/tasks.tsx'
import { Ether, FullHash, Hash, StatusPill, shortHash, Uri, When } from '../parts/words.tsx'
import { REASONS } from '../sentences.ts'

/** One account: what it was credited, and what it did in each of its roles. */
export const accountPage: Page = async (context, _url, id) => {
  const canonical = id.toLowerCase() as `0x${string}`
  if (!/^0x[0-9a-f]{40}$/.test(canonical)) return null
  const account = await context.loaders.account.load(canonical)
  if (!account) return null
  const [node, lists] = await Promise.all([context.loaders.node.load(canonical), accountLists(canonical)])
  const result = (value: string | null) => (value ? <Hash value={value} to={`/results/${value}`} /> : '–')
  return (
    <Layout title={`Account ${shortHash(canonical)}`} around={context.around} live={10}>
      <h1>
        Account <FullHash value={canonical} />
      </h1>
      <Figures>
        <Figure name="Credited" value={<Ether wei={account.credited} />} note="ever, by the contract" />
        <Figure name="Withdrawn" value={<Ether wei={account.withdrawn} />} />
        <Figure name="Waiting" value={<Ether wei={account.credited - account.withdrawn} />} note="to be withdrawn" />
        <Figure
          name="Node"
          value={node ? <a href={`/nodes/${node.id}`}>yes</a> : 'no'}
          note={node ? `${node.resultCount} results` : undefined}
        />
      </Figures>
      <Latest
        {...{ id: 'payouts', title: 'What it was paid', of: 'What it was paid', rows: lists.payouts }}
        head={['amount', 'for', 'result', 'when', 'transaction']}
        cells={(one) => [
          <Ether wei={one.amount} />,
          REASONS[one.reason],
          result(one.resultId),
          <When at={one.paidAt} />,
          <Hash value={one.transactionHash} />,
        ]}
        empty="Nothing yet."
      />
      <Latest
        {...{ id: 'requests', title: 'What it asked for', of: 'Its requests', rows: lists.requests }}
        head={['request', 'status', 'model', 'fee', 'when']}
        cells={(one) => [
          <Hash value={one.id} to={`/requests/${one.id}`} />,
          <StatusPill status={one.status} />,
          <Hash value={one.modelId} to={`/models/${one.modelId}`} />,
          <Ether wei={one.fee} />,
          <When at={one.requestedAt} />,
        ]}
      />
      <Latest
        {...{ id: 'challenges', title: 'What it challenged', of: 'Its challenges', rows: lists.challenges }}
        head={['result', 'bond', 'rejected for', 'when']}
        cells={(one) => [
          result(one.resultId),
          <Ether wei={one.bond} />,
          one.cause ?? (one.settledAt === null ? 'open' : 'it stood'),
          <When at={one.challengedAt} />,
        ]}
      />
      <Latest
        {...{ id: 'demands', title: 'What it demanded', of: 'Its demands', rows: lists.demands }}
        head={['demand', 'result', 'status', 'fee', 'when']}
        cells={(one) => [
          <Hash value={one.id} />,
          result(one.resultId),
          one.status,
          <Ether wei={one.fee} />,
          <When at={one.demandedAt} />,
        ]}
      />
      <Latest
        {...{ id: 'appeals', title: 'Where it called on an arbiter', of: 'Its appeals', rows: lists.appeals }}
        head={['result', 'evidence', 'where', 'when']}
        cells={(one) => [
          result(one.resultId),
          <Hash value={one.evidenceHash} />,
          one.uri ? <Uri uri={one.uri} most={60} /> : 'inline',
          <When at={one.appealedAt} />,
        ]}
      />
      <Latest
        {...{ id: 'models', title: 'What it registered', of: 'Models it registered', rows: lists.models }}
        head={['model', 'file', 'requests', 'when']}
        cells={(one) => [
          <Hash value={one.id} to={`/models/${one.id}`} />,
          <Uri uri={one.uri} most={60} />,
          String(one.requestCount),
          <When at={one.registeredAt} />,
        ]}
      />
      <Latest
        {...{ id: 'tasks', title: 'What it scheduled', of: 'Its tasks', rows: lists.tasks }}
        head={['task', 'state', 'runs', 'how often', 'workflow', 'registered']}
        cells={(one) => [
          <Hash value={one.id} to={`/tasks/${one.id}`} />,
          <TaskPill state={taskState(one, context.around.timestamp)} />,
          String(one.runCount),
          frequencyText(one.frequency),
          <Hash value={one.contract} />,
          <When at={one.registeredAt} />,
        ]}
      />
    </Layout>
  )
}

/** What it did or got of one kind, the latest first; nothing at all where there is none and nothing to say of that. */
function Latest<Row>({
  id,
  title,
  of,
  head,
  rows,
  cells,
  empty,
}: {
  id: string
  title: string
  of: string
  head: readonly string[]
  rows: readonly Row[]
  cells: (row: Row) => readonly Child[]
  empty?: string
}) {
  if (rows.length === 0 && !empty) return null
  return (
    <Section id={id} title={title} lead={rows.length === SHORT ? `the latest ${SHORT}` : undefined}>
      <Table caption={`${of}, latest first`} head={head} rows={rows.map(cells)} empty={empty ?? ''} />
    </Section>
  )
}
