import type { GraphQLScalarType } from 'graphql'

/** Resolvers by type and field. Each names the row and the arguments that it takes, so that no common type fits them. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Resolvers = Record<string, GraphQLScalarType | Record<string, any>>

/**
 * A part of the schema: the SDL of one type, with what belongs to it, beside its resolvers. Every type, field, argument,
 * input field and enum value has a description; a test sees to that.
 */
export interface SchemaModule {
  typeDefs: string
  resolvers?: Resolvers
}
