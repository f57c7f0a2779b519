import { resolve } from 'node:path'
import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { createSchema, createYoga } from 'graphql-yoga'
import { Hono } from 'hono'
import { graphql } from 'ponder'
import { parseConfig } from '../../config/config.ts'
import { explorerRoutes } from './explorer/routes.tsx'
import { journalReader } from './journal.ts'
import { createLoaders } from './loaders.ts'
import { queryLimits } from './query-limits.ts'
import { indexHead, lastEvent, readiness } from './readiness.ts'
import { type ApiContext, resolvers } from './resolvers.ts'
import { typeDefs } from './schema.ts'
import { statusLoader } from './status/load.ts'
import { statusRoutes } from './status/routes.ts'

const config = parseConfig(process.env)
const journal = journalReader(resolve(config.dataDir, 'journal.sqlite'))

const createContext = (): ApiContext => ({
  loaders: createLoaders(journal),
  journal,
  chainId: config.chainId,
  contract: config.contract,
  conviction: config.conviction,
  indexHead,
  lastEvent,
})

const yoga = createYoga({
  schema: createSchema<ApiContext>({ typeDefs, resolvers }),
  context: createContext,
  graphqlEndpoint: '/graphql',
  landingPage: false,
  graphiql: { title: 'Gainsay' },
  // Queries come from anybody: these bound how much one of them can ask for.
  plugins: [queryLimits({ depth: 12, tokens: 1000 })],
})

const app = new Hono()

app.use('/graphql', async (c) => yoga.fetch(c.req.raw))
// Ponder's generated schema over the same tables, for ad-hoc questions; it knows nothing of the journal.
app.use('/ponder', graphql({ db, schema }))
app.get('/readiness', async (c) => {
  const answer = await readiness(config.rpcLagBlocks)
  return c.json(answer, answer.ready ? 200 : 503)
})
app.route('/', statusRoutes(statusLoader(journal, config.chainId)))
app.route(
  '/',
  explorerRoutes({
    ...{ journal, chainId: config.chainId, contract: config.contract, indexHead },
    artifactsDir: resolve(config.dataDir, 'artifacts'),
    ask: async (query) => {
      const answer = await yoga.fetch(`http://explorer/graphql?query=${encodeURIComponent(query)}`)
      return JSON.stringify(await answer.json(), null, 2)
    },
  }),
)

export default app
