import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import type { SchemaModule } from './module.ts'

/** Digits of the largest integer that the history can hold. */
const MOST_DIGITS = 78

/** Hex arguments are compared with lower-case rows, so any spelling of an id or address finds its row. */
function hex(value: unknown): string {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]*$/.test(value)) throw new GraphQLError('must be 0x-prefixed hex')
  return value.toLowerCase()
}

/** Amounts exceed what a JSON number can hold exactly, so they travel as decimal strings. */
function bigInt(value: unknown): bigint {
  const text = Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || !new RegExp(`^-?\\d{1,${MOST_DIGITS}}$`).test(text))
    throw new GraphQLError(`must be an integer of at most ${MOST_DIGITS} digits, as a decimal string`)
  return BigInt(text)
}

const textOf = (node: ValueNode) => (node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : undefined)

/** Scalars, and what filters and lists of every type share. */
export const scalars: SchemaModule = {
  typeDefs: /* GraphQL */ `
    scalar Hex
    scalar BigInt

    "Which way a list goes"
    enum Direction {
      "The smallest or oldest first"
      asc
      "The largest or newest first"
      desc
    }

    "Where a page stands in its list"
    type PageInfo {
      "Whether there are rows after this page"
      hasNextPage: Boolean!
      "Whether there are rows before this page"
      hasPreviousPage: Boolean!
      "The cursor of the first row, for before; null on an empty page"
      startCursor: String
      "The cursor of the last row, for after; null on an empty page"
      endCursor: String
    }

    "A range of seconds, blocks or wei; either end can be left out"
    input Range {
      "This much or more"
      from: BigInt
      "Less than this"
      below: BigInt
    }
  `,
  resolvers: {
    Hex: new GraphQLScalarType({
      name: 'Hex',
      description: 'Bytes, ids, hashes and addresses: 0x-prefixed hex, answered in lower case, asked for in any case',
      serialize: String,
      parseValue: hex,
      parseLiteral: (node) => hex(textOf(node)),
    }),
    BigInt: new GraphQLScalarType({
      name: 'BigInt',
      description: 'An integer of any size, as a decimal string: wei, blocks, Unix seconds',
      serialize: String,
      parseValue: bigInt,
      parseLiteral: (node) => bigInt(textOf(node)),
    }),
  },
}
