import { createSchema } from 'graphql-yoga'
import type { ApiContext } from './context.ts'
import { modules } from './modules.ts'

/** The GraphQL schema. Words are the project's glossary; amounts are wei and times Unix seconds. */
export function gainsaySchema() {
  return createSchema<ApiContext>({
    typeDefs: modules.map(({ typeDefs }) => typeDefs),
    resolvers: modules.map(({ resolvers }) => resolvers ?? {}),
  })
}
