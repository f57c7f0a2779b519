import type { ApiContext } from './context.ts'
import type { SchemaModule } from './module.ts'

/** How far the index is. */
export const head: SchemaModule = {
  typeDefs: /* GraphQL */ `
    "Everything that can be asked"
    type Query {
      "How far the index has come"
      index: Index!
    }

    "What is indexed, and the last block whose events are all indexed: of Gainsay's chain where its contract is followed, else of OpenGradient's"
    type Index {
      "Whose chain that is"
      network: Network!
      "The chain's id"
      chainId: Int!
      "The Gainsay contract that is followed; where none is, OpenGradient's inference precompile"
      contract: Hex!
      "The conviction contract that is followed; null when there is none"
      conviction: Hex
      "The last block whose events are all indexed"
      blockNumber: BigInt!
      "Its Unix second"
      timestamp: BigInt!
      "The block of the latest event of a request; null before the first one"
      lastEvent: IndexedBlock
    }

    "A block as the index knows it"
    type IndexedBlock {
      "Its number"
      blockNumber: BigInt!
      "Its hash: if the chain has another one here, it was reorganised"
      blockHash: Hex!
    }
  `,
  resolvers: {
    Query: { index: (_: unknown, __: unknown, context: ApiContext) => indexOf(context) },
  },
}

/** What the API says of the index now. */
export async function indexOf({ principal, conviction, indexHead, lastEvent }: ApiContext) {
  const { network, chainId, contract } = principal
  return { network, chainId, contract, conviction, ...(await indexHead()), lastEvent }
}
