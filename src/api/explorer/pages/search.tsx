import type { PageContext } from '../context.ts'
import { beginningWith, calledElsewhere, inTransaction, modelsOf, tasksOf } from '../load/lists.ts'
import type { Page } from '../page.ts'
import { Layout } from '../parts/layout.tsx'
import { Hash, Said } from '../parts/words.tsx'

/** Something that was found, and where its page is. */
interface Hit {
  readonly what: string
  readonly id: string
  readonly to: string
}

/** Finds anything by its id, hash or address, or by how that begins; goes straight to the only thing it finds. */
export const searchPage: Page = async (context, url) => {
  const query = (url.searchParams.get('q') ?? '').trim()
  const bare = query.toLowerCase().replace(/^0x/, '')
  const isHex = /^[0-9a-f]{6,64}$/.test(bare)
  const byHex = isHex ? await find(context, `0x${bare}`) : []
  const hits = query.length > 0 && byHex.length === 0 ? await byExternalId(query) : byHex
  const [only] = hits
  if (only && hits.length === 1) return { goTo: only.to }
  return (
    <Layout title="Search" query={query.slice(0, 200)} around={context.around}>
      <h1>Search</h1>
      {query === '' ? (
        <p>
          Give the id of a request, result, model, demand, task or batch, the hash of a model’s file or of a
          transaction, or an address; at least its first six digits.
        </p>
      ) : (
        <p>
          {hits.length > 0
            ? `${hits.length} things match `
            : isHex
              ? 'Nothing matches '
              : 'Only hexadecimal ids, and what other networks call their results, are searched. There is no '}
          <Said text={query} most={120} />
          {isHex && hits.length === 0 ? '. The index may not have come to its block yet.' : '.'}
        </p>
      )}
      {hits.length > 0 ? (
        <ul>
          {hits.map(({ what, id, to }) => (
            <li>
              {what} <Hash value={id} to={to} />
            </li>
          ))}
        </ul>
      ) : null}
    </Layout>
  )
}

async function find(context: PageContext, id: `0x${string}`): Promise<Hit[]> {
  if (id.length === 42) return byAddress(context, id)
  return id.length === 66 ? byHash(context, id) : byPrefix(id)
}

async function byExternalId(query: string): Promise<Hit[]> {
  const found = await calledElsewhere(query)
  return found.map(({ id }) => ({ what: 'result', id, to: `/results/${id}` }))
}

async function byAddress({ loaders }: PageContext, id: `0x${string}`): Promise<Hit[]> {
  const [node, account, tasks] = await Promise.all([loaders.node.load(id), loaders.account.load(id), tasksOf(id)])
  const whose = node ? [{ what: 'node', id, to: `/nodes/${id}` }] : []
  if (!node && account) whose.push({ what: 'account', id, to: `/accounts/${id}` })
  return [...whose, ...tasks.map((one) => ({ what: 'task', id: one.id, to: `/tasks/${one.id}` }))]
}

async function byHash({ loaders, journal }: PageContext, id: `0x${string}`): Promise<Hit[]> {
  const [result, request, model, demand, task, batch] = await Promise.all([
    loaders.result.load(id),
    loaders.request.load(id),
    loaders.model.load(id),
    loaders.demand.load(id),
    loaders.task.load(id),
    loaders.teeBatch.load(id),
  ])
  if (result) return [{ what: 'result', id, to: `/results/${id}` }]
  if (request) return [{ what: 'request', id, to: `/requests/${id}` }]
  if (model) return [{ what: 'model', id, to: `/models/${id}` }]
  if (demand) return [{ what: 'demand', id, to: `/results/${demand.resultId}#demand-${id}` }]
  if (task) return [{ what: 'task', id, to: `/tasks/${id}` }]
  if (batch) return [{ what: 'batch of settled LLM calls', id, to: `/batches/${id}` }]
  const models = (await modelsOf(id)).map((one) => ({ what: 'model', id: one.id, to: `/models/${one.id}` }))
  const moved = (await inTransaction(id)).map(({ requestId, resultId }) =>
    resultId
      ? { what: 'result', id: resultId, to: `/results/${resultId}` }
      : { what: 'request', id: requestId, to: `/requests/${requestId}` },
  )
  const found = [...new Map([...models, ...moved].map((hit) => [hit.to, hit])).values()]
  if (found.length > 0) return found
  const sent = await journal.read((db) =>
    db
      .selectFrom('attempt')
      .innerJoin('action', 'action.id', 'attempt.actionId')
      .select('action.resultId')
      .where('hash', '=', id)
      .executeTakeFirst(),
  )
  return sent?.resultId ? [{ what: 'result', id: sent.resultId, to: `/results/${sent.resultId}#actions` }] : []
}

async function byPrefix(prefix: `0x${string}`): Promise<Hit[]> {
  const { results, requests, models, tasks, batches, nodes, accounts } = await beginningWith(prefix)
  const isNode = new Set(nodes.map(({ id }) => id))
  const hits = (what: string, path: string, rows: readonly { id: string }[]) =>
    rows.map(({ id }) => ({ what, id, to: `/${path}/${id}` }))
  return [
    ...hits('result', 'results', results),
    ...hits('request', 'requests', requests),
    ...hits('model', 'models', models),
    ...hits('task', 'tasks', tasks),
    ...hits('batch of settled LLM calls', 'batches', batches),
    ...hits('node', 'nodes', nodes),
    ...hits(
      'account',
      'accounts',
      accounts.filter(({ id }) => !isNode.has(id)),
    ),
  ]
}
