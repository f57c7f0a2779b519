import type { YogaServerOptions } from 'graphql-yoga'
import { examples } from './examples.ts'

/**
 * GraphiQL from this machine alone: nothing of it is fetched from elsewhere. Its nine megabytes are loaded when somebody
 * first asks for them.
 */
export function graphiql(): Pick<YogaServerOptions<object, object>, 'graphiql' | 'renderGraphiQL'> {
  return {
    graphiql: {
      title: 'Gainsay',
      defaultTabs: examples().map(({ question, query }) => ({ query: `# ${question}\n${query}\n` })),
    },
    renderGraphiQL: async (options) => {
      const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
      return renderGraphiQL(options)
    },
  }
}
