import { createRequire } from 'node:module'
import type { YogaServerOptions } from 'graphql-yoga'
import { examples } from './examples.ts'

/**
 * GraphiQL from this machine alone: nothing of it is fetched from elsewhere. Its nine megabytes are loaded when somebody
 * first asks for them.
 */
export function graphiql(): Pick<YogaServerOptions<object, object>, 'graphiql' | 'renderGraphiQL'> {
  let page: string | undefined
  return {
    graphiql: {
      title: 'Gainsay',
      defaultTabs: examples().map(({ name, question, query }) => ({ query: `# ${question}\n${named(query, name)}\n` })),
    },
    renderGraphiQL: async (options) => {
      // Not by import, which Ponder's loader would answer by parsing all of it, and nothing is indexed meanwhile.
      const load = createRequire(import.meta.url)
      page ??= (load('@graphql-yoga/render-graphiql') as typeof import('@graphql-yoga/render-graphiql')).renderGraphiQL(
        options,
      )
      return page
    },
  }
}

/** The same query with a name: GraphiQL calls a tab by it. */
function named(query: string, name: string): string {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return query.startsWith('{') ? `query ${words.join('')} ${query}` : query
}
