import { accountLists, SHORT } from '../load/lists.ts'
import type { Page } from '../page.ts'
import { Figure, Figures, Section, Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
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
  const latest = (items: readonly unknown[]) => (items.length === SHORT ? `the latest ${SHORT}` : undefined)
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
      <Section id="payouts" title="What it was paid" lead={latest(lists.payouts)}>
        <Table
          caption="What it was paid, latest first"
          head={['amount', 'for', 'result', 'when', 'transaction']}
          rows={lists.payouts.map((one) => [
            <Ether wei={one.amount} />,
            REASONS[one.reason],
            result(one.resultId),
            <When at={one.paidAt} />,
            <Hash value={one.transactionHash} />,
          ])}
          empty="Nothing yet."
        />
      </Section>
      {lists.requests.length > 0 ? (
        <Section id="requests" title="What it asked for" lead={latest(lists.requests)}>
          <Table
            caption="Its requests, latest first"
            head={['request', 'status', 'model', 'fee', 'when']}
            rows={lists.requests.map((one) => [
              <Hash value={one.id} to={`/requests/${one.id}`} />,
              <StatusPill status={one.status} />,
              <Hash value={one.modelId} to={`/models/${one.modelId}`} />,
              <Ether wei={one.fee} />,
              <When at={one.requestedAt} />,
            ])}
            empty=""
          />
        </Section>
      ) : null}
      {lists.challenges.length > 0 ? (
        <Section id="challenges" title="What it challenged" lead={latest(lists.challenges)}>
          <Table
            caption="Its challenges, latest first"
            head={['result', 'bond', 'rejected for', 'when']}
            rows={lists.challenges.map((one) => [
              result(one.resultId),
              <Ether wei={one.bond} />,
              one.cause ?? (one.settledAt === null ? 'open' : 'it stood'),
              <When at={one.challengedAt} />,
            ])}
            empty=""
          />
        </Section>
      ) : null}
      {lists.demands.length > 0 ? (
        <Section id="demands" title="What it demanded" lead={latest(lists.demands)}>
          <Table
            caption="Its demands, latest first"
            head={['demand', 'result', 'status', 'fee', 'when']}
            rows={lists.demands.map((one) => [
              <Hash value={one.id} />,
              result(one.resultId),
              one.status,
              <Ether wei={one.fee} />,
              <When at={one.demandedAt} />,
            ])}
            empty=""
          />
        </Section>
      ) : null}
      {lists.appeals.length > 0 ? (
        <Section id="appeals" title="Where it called on an arbiter" lead={latest(lists.appeals)}>
          <Table
            caption="Its appeals, latest first"
            head={['result', 'evidence', 'where', 'when']}
            rows={lists.appeals.map((one) => [
              result(one.resultId),
              <Hash value={one.evidenceHash} />,
              one.uri ? <Uri uri={one.uri} most={60} /> : 'inline',
              <When at={one.appealedAt} />,
            ])}
            empty=""
          />
        </Section>
      ) : null}
      {lists.models.length > 0 ? (
        <Section id="models" title="What it registered" lead={latest(lists.models)}>
          <Table
            caption="Models it registered, latest first"
            head={['model', 'file', 'requests', 'when']}
            rows={lists.models.map((one) => [
              <Hash value={one.id} to={`/models/${one.id}`} />,
              <Uri uri={one.uri} most={60} />,
              String(one.requestCount),
              <When at={one.registeredAt} />,
            ])}
            empty=""
          />
        </Section>
      ) : null}
    </Layout>
  )
}
