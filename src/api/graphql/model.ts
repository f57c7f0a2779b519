import schema from 'ponder:schema'
import { and } from 'drizzle-orm'
import type { NetworkName } from '../../../networks/network.ts'
import type { Rule } from '../../../protocol/arithmetic/bounds.ts'
import type { Precision } from '../../../protocol/status.ts'
import type { ModelRow } from '../loaders.ts'
import { among, type PageArguments } from '../page.ts'
import { ruleSentence } from '../provability.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { type ModelOrder, modelsOf, modelsPage, requestsOf, resultsOf } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { model, request, result } = schema

interface ModelFilter {
  ids?: Maybe<Hex[]>
  network?: Maybe<NetworkName>
  modelHash?: Maybe<Hex>
  graphRoot?: Maybe<Hex>
  registrantId?: Maybe<Hex>
  arbiterId?: Maybe<Hex>
  precision?: Maybe<Precision>
  rule?: Maybe<Rule>
  registeredAt?: Maybe<Range>
}

/** Models and what is known of their files. */
export const models: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "One model"
      model("The model's id: the hash of all its terms" id: Hex!): Model
      "All models"
      models(
        "Which ones; all when left out"
        where: ModelFilter
        "By what they are ordered"
        orderBy: ModelOrder = registeredAt
        ${DIRECTED}
      ): ModelPage!
    }

    "How a replay is compared with the posted output"
    enum Precision {
      "Every bit, as the canonical runtime gives it"
      exact
      "A norm-scaled distance within the registered tolerance: any IEEE single-precision runtime"
      fp32
    }

    "How the contract itself can convict"
    enum Rule {
      "Not at all: the model's arbiter rules"
      arbiter
      "An element beyond the worst-case rounding error of its operator"
      worstCase
      "An element beyond the probabilistic bound on rounding errors, with the registered lambda"
      probabilistic
      "An element with other bits than the canonical order of summation gives"
      equalBits
    }

    "What models can be ordered by"
    enum ModelOrder {
      "When they were registered"
      registeredAt
      "How often they were asked for"
      requestCount
    }

    "Which models; every field given must hold"
    input ModelFilter {
      "Those with these ids, at most 1000"
      ids: [Hex!]
      "Those of this network"
      network: Network
      "Registrations of this file, by its sha256"
      modelHash: Hex
      "Registrations of this graph"
      graphRoot: Hex
      "Those that this account registered"
      registrantId: Hex
      "Those that this account rules on"
      arbiterId: Hex
      "Those of this precision class"
      precision: Precision
      "Those with this rule"
      rule: Rule
      "Those registered in this range of Unix seconds"
      registeredAt: Range
    }

    "A registered model: a file and the terms on which results of it are judged"
    type Model {
      "The hash of all its terms"
      id: Hex!
      "The network it is of"
      network: Network!
      "sha256 of the ONNX file; null where the network names a file by its address alone"
      modelHash: Hex
      "What its operators and weights commit to; null where nobody has committed to them"
      graphRoot: Hex
      "Where the file is said to be; a stranger's text"
      uri: String!
      "How a replay is compared with the posted output"
      precision: Precision!
      "Largest accepted norm-scaled distance, in 1e-18"
      tolerance: BigInt!
      "Who rules on revealed disputes; the zero address for nobody, null where there are no disputes"
      arbiter: Account
      "How the contract itself can convict; arbiter where it cannot"
      rule: Rule!
      "Of the probabilistic bound on rounding errors; zero with every other rule"
      lambda: Int!
      "Whether the contract itself could convict every operator; null when this watcher has not looked at the file"
      provability: Provability
      "Who registered it; null where models are not registered"
      registrant: Account
      "Unix second; of the first inference that named it where models are not registered"
      registeredAt: BigInt!
      "The block that registered it"
      blockNumber: BigInt!
      "The transaction that registered it"
      transactionHash: Hex!
      "How often it was asked for"
      requestCount: Int!
      "Requests for it"
      requests(${DIRECTED}): RequestPage!
      "Results of it"
      results(${DIRECTED}): ResultPage!
      "Every registration of the same file, this one too: with other terms, or by others"
      sameFile(${DIRECTED}): ModelPage!
    }

    "What this watcher found in a model's file: no chain fact"
    type Provability {
      "Whether every operator of the file can be proven"
      provable: Boolean!
      "What this comes to under the registered rule, in a sentence"
      rule: String!
      "What stands in the way of proofs, in sentences"
      problems: [String!]!
      "Whether the registered graph root is that of the file; if not, no proof is about this model"
      graphRootMatches: Boolean!
      "How many operators the graph has"
      operators: Int!
      "Terms of the longest sum of products: what the cost of a proof grows with"
      largestDot: Int!
      "Unix milliseconds"
      checkedAt: BigInt!
    }

    ${pageOf('Model')}
  `,
  resolvers: {
    Query: {
      model: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.model.load(id),
      models: (_: unknown, { where, orderBy, ...args }: Filtered<ModelFilter> & { orderBy?: ModelOrder }) =>
        modelsPage(
          and(
            among(model.id, where?.ids),
            equal(model.network, where?.network),
            equal(model.modelHash, where?.modelHash),
            equal(model.graphRoot, where?.graphRoot),
            equal(model.registrantId, where?.registrantId),
            equal(model.arbiterId, where?.arbiterId),
            equal(model.precision, where?.precision),
            equal(model.rule, where?.rule),
            within(model.registeredAt, where?.registeredAt),
          ),
          args,
          orderBy,
        ),
    },
    Model: {
      arbiter: (row: ModelRow, _: unknown, { loaders }: ApiContext) =>
        row.arbiterId && loaders.account.load(row.arbiterId),
      registrant: (row: ModelRow, _: unknown, { loaders }: ApiContext) =>
        row.registrantId && loaders.account.load(row.registrantId),
      provability: async (row: ModelRow, _: unknown, { loaders }: ApiContext) => {
        const known = row.modelHash && (await loaders.provability.load(row.modelHash))
        if (!known) return null
        return {
          provable: known.provable === 1,
          rule: ruleSentence(row, known),
          problems: JSON.parse(known.problems),
          graphRootMatches: known.graphRoot === row.graphRoot,
          operators: known.operators,
          largestDot: known.largestDot,
          checkedAt: known.checkedAt,
        }
      },
      requests: requestsOf(request.modelId),
      results: resultsOf(result.modelId),
      // Where the chain gives no hash of the file, a model is alone with its own.
      sameFile: (row: ModelRow, args: PageArguments, context: ApiContext) =>
        (row.modelHash ? modelsOf<ModelRow>(model.modelHash, () => row.modelHash as string) : modelsOf(model.id))(
          row,
          args,
          context,
        ),
    },
  },
}
