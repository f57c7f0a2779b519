import { z } from 'zod'
import { hex, integer, post } from '../index-client.ts'

const indexedBatch = z.object({
  id: hex,
  chainId: z.number().int(),
  kind: z.enum(['batch', 'single']),
  merkleRoot: hex.nullable(),
  size: integer,
  blobId: z.string().nullable(),
  teeId: hex.nullable(),
  accountId: hex.nullable(),
  inputHash: hex.nullable(),
  outputHash: hex.nullable(),
  signature: hex.nullable(),
  signedAt: integer.nullable(),
  settledAt: integer,
  blockNumber: integer,
  blockHash: hex,
  transactionHash: hex,
  logIndex: z.number().int(),
})

/** A batch of settled calls as the index shows it. */
export type IndexedBatch = z.infer<typeof indexedBatch>

const answer = z.object({
  data: z.object({
    teeBatches: z.object({ items: z.array(indexedBatch), endCursor: z.string().nullable() }),
  }),
})

const QUERY = /* GraphQL */ `
  query Batches($where: TeeBatchFilter, $first: Int, $after: String) {
    teeBatches(where: $where, first: $first, after: $after, direction: asc) {
      endCursor
      items {
        id chainId kind merkleRoot size blobId teeId accountId inputHash outputHash signature signedAt
        settledAt blockNumber blockHash transactionHash logIndex
      }
    }
  }
`

/** How many batches one query asks for. */
const PAGE = 200

/** A page of settled batches, the oldest first. @throws IndexError when the index cannot be asked */
export async function askBatches(
  apiUrl: string,
  where: { ids?: string[]; blockNumber?: { from: string } },
  after: string | null = null,
  timeoutMs = 10_000,
): Promise<{ items: IndexedBatch[]; endCursor: string | null }> {
  const question = { query: QUERY, variables: { where, first: PAGE, after } }
  return (await post(apiUrl, answer, question, timeoutMs)).data.teeBatches
}
