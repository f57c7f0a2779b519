import { addressOf, idOf } from './ids.ts'
import type { Ask } from './load.ts'

/** A question put to us and, where it can be said there, to Ponder's generated schema, over the same rows. */
export interface Question {
  name: string
  /** what it is compared for; a target of the ratio ours/Ponder, in requests a second */
  atLeast?: number
  ours: (n: number) => Ask
  ponder?: (n: number) => Ask
}

/** A GraphQL query, posted. */
export const graphql = (path: '/graphql' | '/ponder', query: string, variables: Record<string, unknown> = {}): Ask => ({
  path,
  body: JSON.stringify({ query, variables }),
})

/** The n-th of a walk through all results in no order. */
export const someResult = (results: number, n: number) => idOf(`result ${((n * 7919 + 13) % results) + 1}`)

const STATUSES = ['finalized', 'posted', 'rejected', 'challenged'] as const
const SCALARS = 'id status bond windowEnd postedAt settledAt blockNumber transactionHash outputHash'

/** What is asked of both. */
export function questions(results: number): Question[] {
  const ours = (query: string, variables: Record<string, unknown>) => graphql('/graphql', query, variables)
  const ponder = (query: string, variables: Record<string, unknown>) => graphql('/ponder', query, variables)
  return [
    {
      name: 'one result by id',
      atLeast: 1,
      ours: (n) => ours(`query($id: Hex!) { result(id: $id) { ${SCALARS} } }`, { id: someResult(results, n) }),
      ponder: (n) => ponder(`query($id: String!) { result(id: $id) { ${SCALARS} } }`, { id: someResult(results, n) }),
    },
    {
      name: 'a page of 100 by status',
      atLeast: 1,
      ours: (n) =>
        ours(`query($s: [Status!]) { results(where: { status: $s }, first: 100) { items { ${SCALARS} } endCursor } }`, {
          s: [STATUSES[n % STATUSES.length]],
        }),
      ponder: (n) =>
        ponder(
          `query($s: status) { results(where: { status: $s }, orderBy: "postedAt", orderDirection: "desc", limit: 100)
            { items { ${SCALARS} } pageInfo { endCursor } } }`,
          { s: STATUSES[n % STATUSES.length] },
        ),
    },
    {
      name: 'a nested page of 50: results, their model, node and request, its requester and payouts',
      ours: (n) =>
        ours(
          `query($n: Hex!) { results(where: { nodeId: $n }, first: 50) { items { id status model { id uri } node { id freeBond }
            request { id fee requester { id credited } payouts { reason amount } } } } }`,
          { n: addressOf(`node ${n % 10}`) },
        ),
      ponder: (n) =>
        ponder(
          `query($n: String!) { results(where: { nodeId: $n }, orderBy: "postedAt", orderDirection: "desc", limit: 50) { items {
            id status model { id uri } node { id freeBond }
            request { id fee requester { id credited } payouts { items { reason amount } } } } } }`,
          { n: addressOf(`node ${n % 10}`) },
        ),
    },
  ]
}

/** The status endpoint: as wallets ask, of many results, of the same few over and over, and knowing the answer already. */
export async function statusQuestions(apiUrl: string, results: number): Promise<Question[]> {
  const path = (n: number) => `/results/${someResult(results, n)}/status`
  const few = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const response = await fetch(apiUrl + path(n))
      await response.arrayBuffer()
      return { path: path(n), headers: { 'if-none-match': response.headers.get('etag') as string } }
    }),
  )
  return [
    { name: 'status of any result', ours: (n) => ({ path: path(n) }) },
    { name: 'status of 50 results', ours: (n) => ({ path: path(n % 50) }) },
    { name: 'status of 50 results, unchanged', ours: (n) => few[n % 50] as Ask },
  ]
}
