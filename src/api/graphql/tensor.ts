import { GraphQLError } from 'graphql'
import { dtypes, elementCount, type Tensor } from '../../../protocol/tensor.ts'
import type { RequestRow, ResultRow } from '../loaders.ts'
import { firstElements, statisticsOf } from '../tensors/describe.ts'
import type { Payload } from '../tensors/payload.ts'
import type { ApiContext } from './context.ts'
import type { CostExtensions } from './limits/cost.ts'
import type { SchemaModule } from './module.ts'

/** Most elements of one tensor that are shown. */
const MOST_VALUES = 10_000
/** Tensors of one payload that are shown: traces have many, inputs and outputs a few. */
const MOST_TENSORS = 100

/** Bytes are read and looked at. */
const dear: CostExtensions = { cost: 20 }

type Named = Tensor & { name: string }

/** Tensors: the bytes of inputs and outputs as what they are. */
export const tensors: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Request {
      "The input, decoded"
      inputTensors: Payload!
    }

    extend type Result {
      "The output, decoded"
      outputTensors: Payload!
    }

    "An input or output, decoded where its bytes are at hand: inline, or in this watcher's archive"
    type Payload {
      "Its tensors in the order of their names, at most ${MOST_TENSORS}; null when it cannot be decoded"
      tensors: [Tensor!]
      "How many tensors it has; null when it cannot be decoded"
      tensorCount: Int
      "Why it cannot be decoded; null when it can"
      reason: String
      "How many bytes it has; null when they are not at hand"
      byteLength: Int
      "Where the bytes are from; null when they are not at hand"
      source: PayloadSource
    }

    "Where bytes are from; their hash is always the one on chain"
    enum PayloadSource {
      "They were sent on chain"
      inline
      "This watcher has fetched them"
      archive
    }

    "Element types of tensors, as ONNX names them"
    enum DType {
      ${Object.keys(dtypes)
        .map((name) => `"${aboutDType(name)}"\n${name}`)
        .join('\n')}
    }

    "A named tensor"
    type Tensor {
      "Its name in the model; a stranger's text"
      name: String!
      "The type of its elements"
      dtype: DType!
      "Its dimensions; empty for a scalar"
      shape: [Float!]!
      "How many elements it has"
      size: Float!
      "The first elements in row-major order: integers in full, floats by the shortest decimal, NaN, Infinity, -Infinity"
      firstValues(
        "How many, at most ${MOST_VALUES}"
        first: Int = 10
      ): [String!]!
      "What its elements are like; null when it has none, or more than four million"
      statistics: Statistics
    }

    "What the elements of a tensor are like. NaN and infinities are counted, and no part of the rest"
    type Statistics {
      "The smallest element, exactly; null when none is finite"
      min: String
      "The largest element, exactly; null when none is finite"
      max: String
      "The mean in double precision; null when none is finite, or it is too large"
      mean: Float
      "The standard deviation of all elements in double precision; null when none is finite, or it is too large"
      standardDeviation: Float
      "How many are zero"
      zeros: Int!
      "How many are not a number"
      nans: Int!
      "How many are infinite"
      positiveInfinities: Int!
      "How many are infinite below zero"
      negativeInfinities: Int!
    }
  `,
  resolvers: {
    Request: {
      inputTensors: {
        resolve: async (
          { id, inputHash: hash, network }: RequestRow,
          _: unknown,
          { readPayload, loaders }: ApiContext,
        ) => readPayload({ hash, inline: await loaders.inputOfRequest.load(id), network, kind: 'input' }),
        extensions: dear,
      },
    },
    Result: {
      outputTensors: {
        resolve: async (
          { id, outputHash: hash, network }: ResultRow,
          _: unknown,
          { readPayload, loaders }: ApiContext,
        ) => readPayload({ hash, inline: await loaders.outputOfResult.load(id), network, kind: 'output' }),
        extensions: dear,
      },
    },
    Payload: {
      tensors: ({ tensors }: Payload) =>
        tensors && [...tensors].slice(0, MOST_TENSORS).map(([name, tensor]): Named => ({ name, ...tensor })),
      tensorCount: ({ tensors }: Payload) => tensors?.size,
    },
    Tensor: {
      shape: ({ dims }: Named) => dims,
      size: ({ dims }: Named) => elementCount(dims),
      firstValues: (tensor: Named, { first }: { first?: number | null }) => {
        const count = first ?? 10
        if (count < 0 || count > MOST_VALUES) throw new GraphQLError(`first must be between 0 and ${MOST_VALUES}`)
        return firstElements(tensor, count)
      },
      statistics: { resolve: (tensor: Named) => statisticsOf(tensor), extensions: dear },
    },
  },
}

function aboutDType(name: string): string {
  const bits = name.replace(/\D/g, '')
  if (name === 'bool') return 'true or false'
  if (name.startsWith('float')) return `IEEE 754, ${bits} bits`
  return `${name.startsWith('u') ? 'Unsigned integers' : 'Signed integers'} of ${bits} bits`
}
