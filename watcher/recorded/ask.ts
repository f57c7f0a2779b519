import { z } from 'zod'
import { adapters } from '../../networks/adapters.ts'
import { type NetworkName, networkNames } from '../../networks/network.ts'
import { modes } from '../../protocol/status.ts'
import { hex, integer, post } from '../index-client.ts'

const seen = z.object({
  id: hex,
  network: z.enum(networkNames),
  chainId: z.number().int(),
  postedAt: integer,
  blockNumber: integer,
  blockHash: hex,
  transactionHash: hex,
  logIndex: z.number().int(),
  model: z.object({ id: hex }),
})

/** A result of a network without challenges, as a list of them shows it: nothing large. */
export type SeenResult = z.infer<typeof seen>

const page = z.object({
  data: z.object({ results: z.object({ items: z.array(seen), endCursor: z.string().nullable() }) }),
})

const SEEN = /* GraphQL */ `
  query Recorded($where: ResultFilter, $first: Int, $after: String) {
    results(where: $where, first: $first, after: $after, direction: asc) {
      endCursor
      items { id network chainId postedAt blockNumber blockHash transactionHash logIndex model { id } }
    }
  }
`

/** Rows of one page of the walk. */
const PAGE = 200

/** Where a walk begins: at a second or at a block. */
export type From = { postedAt: bigint } | { blockNumber: bigint }

/**
 * One page of a network's recorded results, oldest first.
 *
 * @throws IndexError like `askIndex`
 */
export async function askRecorded(
  apiUrl: string,
  { network, from, after }: { network: NetworkName; from: From | undefined; after: string | null },
): Promise<{ items: SeenResult[]; endCursor: string | null }> {
  const begin = from && Object.fromEntries(Object.entries(from).map(([name, value]) => [name, { from: String(value) }]))
  const variables = { where: { network, status: ['recorded'], ...begin }, first: PAGE, after }
  return (await post(apiUrl, page, { query: SEEN, variables }, TIMEOUT_MS)).data.results
}

const whole = z.object({
  id: hex,
  network: z.enum(Object.keys(adapters) as [keyof typeof adapters]),
  chainId: z.number().int(),
  blockNumber: integer,
  blockHash: hex,
  transactionHash: hex,
  logIndex: z.number().int(),
  mode: z.enum(modes).nullable(),
  outputHash: hex,
  output: hex.nullable(),
  request: z.object({ inputHash: hex, input: hex.nullable() }),
  model: z.object({ id: hex, uri: z.string(), tolerance: integer }),
})

/** A recorded result with all that a replay needs of the index. */
export type RecordedResult = z.infer<typeof whole>

const wholes = z.object({ data: z.object({ results: z.object({ items: z.array(whole) }) }) })

const WHOLE = /* GraphQL */ `
  query Whole($where: ResultFilter, $first: Int) {
    results(where: $where, first: $first) {
      items {
        id network chainId blockNumber blockHash transactionHash logIndex mode outputHash output
        request { inputHash input }
        model { id uri tolerance }
      }
    }
  }
`

/** Some recorded results with their payloads, which may be megabytes each. @throws IndexError like `askIndex` */
export async function askWhole(apiUrl: string, ids: readonly string[]): Promise<RecordedResult[]> {
  const variables = { where: { ids, status: ['recorded'] }, first: ids.length }
  return (await post(apiUrl, wholes, { query: WHOLE, variables }, TIMEOUT_MS)).data.results.items
}

const TIMEOUT_MS = 30_000
