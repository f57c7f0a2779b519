import schema from 'ponder:schema'
import { and, inArray } from 'drizzle-orm'
import { observationKey } from '../../../protocol/observation.ts'
import type { TeeBatchRow } from '../loaders.ts'
import { among, page } from '../page.ts'
import { shownAudit } from './audit.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { teeBatch } = schema

interface TeeBatchFilter {
  ids?: Maybe<Hex[]>
  kind?: Maybe<TeeBatchRow['kind'][]>
  teeId?: Maybe<Hex>
  settledAt?: Maybe<Range>
  blockNumber?: Maybe<Range>
}

/** Settled calls of language models on OpenGradient. */
export const teeBatches: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "One batch of settled LLM calls"
      teeBatch("The batch's id" id: Hex!): TeeBatch
      "All batches of settled LLM calls on OpenGradient, newest first; none where it is not followed"
      teeBatches(
        "Which ones; all when left out"
        where: TeeBatchFilter
        ${DIRECTED}
      ): TeeBatchPage!
    }

    "How LLM calls were settled"
    enum TeeBatchKind {
      "Many under one Merkle root"
      batch
      "One by itself"
      single
    }

    "Which batches; every field given must hold"
    input TeeBatchFilter {
      "Those with these ids, at most 1000"
      ids: [Hex!]
      "Those of one of these kinds"
      kind: [TeeBatchKind!]
      "Single calls that this TEE signed"
      teeId: Hex
      "Those settled in this range of Unix seconds"
      settledAt: Range
      "Those settled in this range of blocks"
      blockNumber: Range
    }

    "Calls of language models that TEEs signed, as OpenGradient settled them: a batch, or one by itself"
    type TeeBatch {
      "The batch's id: keccak256 of opengradient, chain, transaction and place in it"
      id: Hex!
      "The chain that it is on"
      chainId: Int!
      "A batch or a single call"
      kind: TeeBatchKind!
      "Of a batch: over its leaves"
      merkleRoot: Hex
      "How many calls the chain says there are"
      size: BigInt!
      "The Walrus blob of the evidence; null where the chain names none"
      blobId: String
      "Of a single call: the TEE that signed it"
      teeId: Hex
      "Of a single call: whose it was"
      accountId: Hex
      "Of a single call: keccak256 of the request"
      inputHash: Hex
      "Of a single call: keccak256 of the answer"
      outputHash: Hex
      "Of a single call: the TEE's signature; null as well where it is too long to be one"
      signature: Hex
      "Of a single call: the Unix second that it is signed for"
      signedAt: BigInt
      "Who sent the transaction"
      senderId: Hex!
      "Unix second"
      settledAt: BigInt!
      "The block of the settlement"
      blockNumber: BigInt!
      "Its hash"
      blockHash: Hex!
      "The transaction of the settlement"
      transactionHash: Hex!
      "The settlement's place among the logs of its block"
      logIndex: Int!
      "What this watcher found; null while it has not looked"
      audit: Audit
    }

    ${pageOf('TeeBatch')}
  `,
  resolvers: {
    Query: {
      teeBatch: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.teeBatch.load(id),
      teeBatches: (_: unknown, { where, ...args }: Filtered<TeeBatchFilter>) =>
        page<TeeBatchRow>(
          teeBatch,
          { time: teeBatch.settledAt, id: teeBatch.id },
          and(
            among(teeBatch.id, where?.ids),
            where?.kind ? inArray(teeBatch.kind, where.kind) : undefined,
            equal(teeBatch.teeId, where?.teeId),
            within(teeBatch.settledAt, where?.settledAt),
            within(teeBatch.blockNumber, where?.blockNumber),
          ),
          args,
        ),
    },
    TeeBatch: {
      audit: async (row: TeeBatchRow, _: unknown, { loaders }: ApiContext) =>
        shownAudit(await loaders.audit.load(observationKey(row))),
    },
  },
}
