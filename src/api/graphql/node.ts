import schema from 'ponder:schema'
import { and } from 'drizzle-orm'
import type { NodeRow } from '../loaders.ts'
import { among } from '../page.ts'
import type { ApiContext } from './context.ts'
import { type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { type NodeOrder, nodesPage, requestsOf, resultsOf } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { node, request, result } = schema

interface NodeFilter {
  ids?: Maybe<Hex[]>
  freeBond?: Maybe<Range>
  slashed?: Maybe<Range>
}

/** Nodes: who runs requests, under which bond. */
export const nodes: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "One node"
      node("Its address" id: Hex!): Node
      "All nodes that ever put up a bond"
      nodes(
        "Which ones; all when left out"
        where: NodeFilter
        "By what they are ordered"
        orderBy: NodeOrder = id
        ${DIRECTED}
      ): NodePage!
    }

    "What nodes can be ordered by"
    enum NodeOrder {
      "Their address"
      id
      "The bond that is not locked"
      freeBond
      "The bond that is locked for results"
      lockedBond
      "What they lost by rejected results"
      slashed
      "How many results they posted"
      resultCount
      "How many of their results were rejected"
      rejectedCount
    }

    "Which nodes; every field given must hold"
    input NodeFilter {
      "Those with these addresses, at most 1000"
      ids: [Hex!]
      "Those whose free bond, in wei, is in this range"
      freeBond: Range
      "Those that lost wei in this range: from 1 for those that ever lost a bond"
      slashed: Range
    }

    "A node and the bond behind its results, in wei"
    type Node {
      "Its address"
      id: Hex!
      "The same address as an account: what it was paid and what else it does"
      account: Account!
      "wei of its bond that no result needs now"
      freeBond: BigInt!
      "wei of its bond locked for results that are not settled"
      lockedBond: BigInt!
      "wei of its bond that were ever taken for rejected results"
      slashed: BigInt!
      "How many results it posted"
      resultCount: Int!
      "How many of them stood"
      finalizedCount: Int!
      "How many of them were rejected"
      rejectedCount: Int!
      "Requests that only this node may answer"
      requests(${DIRECTED}): RequestPage!
      "Results that it posted"
      results(${DIRECTED}): ResultPage!
    }

    ${pageOf('Node')}
  `,
  resolvers: {
    Query: {
      node: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.node.load(id),
      nodes: (_: unknown, { where, orderBy, ...args }: Filtered<NodeFilter> & { orderBy?: NodeOrder }) =>
        nodesPage(
          and(among(node.id, where?.ids), within(node.freeBond, where?.freeBond), within(node.slashed, where?.slashed)),
          args,
          orderBy,
        ),
    },
    Node: {
      account: (row: NodeRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.id),
      requests: requestsOf(request.nodeId),
      results: resultsOf(result.nodeId),
    },
  },
}
