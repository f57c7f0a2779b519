import { z } from 'zod'
import { networkNames } from '../networks/network.ts'
import { rules } from '../protocol/arithmetic/bounds.ts'
import type { Status } from '../protocol/status.ts'
import { statuses } from '../protocol/status.ts'

/** Thrown when the index cannot be asked, or answers with something else than its schema promises. Worth a retry. */
export class IndexError extends Error {
  override name = 'IndexError'
}

/** Hex as the index answers it. */
export const hex = z.string().regex(/^0x[0-9a-f]*$/) as unknown as z.ZodType<`0x${string}`>
/** An integer as the index answers it. */
export const integer = z.string().regex(/^\d+$/).transform(BigInt)

/** The items of a page. */
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) }).transform(({ items }) => items)

const indexedResult = z.object({
  id: hex,
  network: z.enum(networkNames),
  outputHash: hex,
  outputUri: z.string(),
  output: hex.nullable(),
  status: z.enum(statuses),
  windowEnd: integer,
  blockNumber: integer,
  blockHash: hex,
  transactionHash: hex,
  logIndex: z.number().int(),
  node: z.object({ id: hex }),
  request: z.object({ id: hex, inputHash: hex, inputUri: z.string(), input: hex.nullable() }),
  model: z.object({
    id: hex,
    modelHash: hex,
    uri: z.string(),
    precision: z.enum(['exact', 'fp32']),
    tolerance: integer,
    arbiter: z.object({ id: hex }),
    graphRoot: hex,
    rule: z.enum(rules),
    lambda: z.number().int(),
  }),
  challenge: z
    .object({ challenger: z.object({ id: hex }), traceRoot: hex.nullable(), traceUri: z.string().nullable() })
    .nullable(),
  demands: page(
    z.object({
      id: hex,
      status: z.enum(['open', 'supplied', 'withheld', 'paid', 'returned']),
      until: integer,
      entry: integer,
      first: integer,
      count: z.number().int(),
      demander: z.object({ id: hex }),
    }),
  ),
  appeals: page(z.object({ appellant: z.object({ id: hex }) })),
})

/** A result as the index shows it, with what a replay needs. */
export type IndexedResult = z.infer<typeof indexedResult>

const indexedRequest = z.object({
  id: hex,
  inputHash: hex,
  inputUri: z.string(),
  input: hex.nullable(),
  model: z.object({ modelHash: hex, uri: z.string() }),
})

/** A request that nobody has answered yet: what will have to be replayed. */
export type IndexedRequest = z.infer<typeof indexedRequest>

const place = z.object({ chainId: z.number(), contract: hex, blockNumber: integer, timestamp: integer })

const answer = z.object({
  data: z.object({
    index: place.extend({ lastEvent: z.object({ blockNumber: integer, blockHash: hex }).nullable() }),
    results: z.object({ items: z.array(indexedResult), endCursor: z.string().nullable() }),
  }),
})

/** How far the index is, and the results asked for at that moment or later. */
export interface IndexView {
  chainId: number
  contract: string
  /** the last block whose events are all indexed */
  blockNumber: bigint
  /** its Unix second */
  timestamp: bigint
  /** the block of the latest event of a request; null before the first one */
  lastEvent: { blockNumber: bigint; blockHash: string } | null
  results: IndexedResult[]
}

const QUERY = /* GraphQL */ `
  query Watch($where: ResultFilter, $first: Int, $after: String) {
    index { chainId contract blockNumber timestamp lastEvent { blockNumber blockHash } }
    results(where: $where, first: $first, after: $after) {
      endCursor
      items {
        id network outputHash outputUri output status windowEnd blockNumber blockHash transactionHash logIndex
        node { id }
        request { id inputHash inputUri input }
        model { id modelHash uri precision tolerance arbiter { id } graphRoot rule lambda }
        challenge { challenger { id } traceRoot traceUri }
        demands(first: 1000) { items { id status until entry first count demander { id } } }
        appeals(first: 1000) { items { appellant { id } } }
      }
    }
  }
`

/** How many results one query asks for. */
const PAGE = 200

/**
 * Asks the index for results: the watcher's only source of them.
 *
 * @param where which results; see `ResultFilter` in the GraphQL schema
 * @throws IndexError when it cannot be reached, answers errors, or what it says does not have the schema's shape
 */
export async function askIndex(
  apiUrl: string,
  where: { status?: Status[]; ids?: string[] },
  timeoutMs = 10_000,
): Promise<IndexView> {
  const results: IndexedResult[] = []
  let first: z.infer<typeof answer>['data']['index'] | undefined
  let after: string | null = null
  do {
    const variables: object = { where, first: PAGE, after }
    const { data } = await post(apiUrl, answer, { query: QUERY, variables }, timeoutMs)
    // The head is read before the rows, so that "not among the rows" is only concluded for blocks surely indexed.
    first ??= data.index
    results.push(...data.results.items)
    after = data.results.endCursor
  } while (after !== null)
  return { ...first, results }
}

const placed = z.object({ data: z.object({ index: place }) })

/** Asks how far the index is, and of which chain and contract. @throws IndexError like {@link askIndex} */
export async function askHead(apiUrl: string, timeoutMs = 10_000): Promise<z.infer<typeof place>> {
  const query = '{ index { chainId contract blockNumber timestamp } }'
  return (await post(apiUrl, placed, { query }, timeoutMs)).data.index
}

const OPEN_REQUESTS = /* GraphQL */ `
  query Requests($first: Int) {
    requests(where: { status: [requested] }, first: $first) {
      items { id inputHash inputUri input model { modelHash uri } }
    }
  }
`

const openRequests = z.object({ data: z.object({ requests: z.object({ items: z.array(indexedRequest) }) }) })

/** The newest requests that nobody has answered yet, at most a page. @throws IndexError like {@link askIndex} */
export async function askOpenRequests(apiUrl: string, timeoutMs = 10_000): Promise<IndexedRequest[]> {
  const { data } = await post(apiUrl, openRequests, { query: OPEN_REQUESTS, variables: { first: PAGE } }, timeoutMs)
  return data.requests.items
}

/** Asks the API a question whose answer must have this shape. @throws IndexError like {@link askIndex} */
export async function post<T>(apiUrl: string, schema: z.ZodType<T>, question: object, timeoutMs: number): Promise<T> {
  let body: unknown
  try {
    const response = await fetch(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(question),
      signal: AbortSignal.timeout(timeoutMs),
    })
    body = await response.json()
  } catch (error) {
    throw new IndexError(`The index at ${apiUrl} does not answer. Is \`gainsay index\` running there?`, {
      cause: error,
    })
  }
  const parsed = schema.safeParse(body)
  if (!parsed.success)
    throw new IndexError(`The index at ${apiUrl} answered with something else than results. Is it Gainsay's API?`, {
      cause: parsed.error,
    })
  return parsed.data
}
