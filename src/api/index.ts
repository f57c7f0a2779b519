import { join, resolve } from 'node:path'
import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { createYoga } from 'graphql-yoga'
import { Hono } from 'hono'
import { graphql } from 'ponder'
import { parseConfig } from '../../config/config.ts'
import { networkNames } from '../../networks/network.ts'
import { attestationRoutes } from './attestations/routes.ts'
import { explorerRoutes } from './explorer/routes.tsx'
import { exportRoutes } from './export/routes.ts'
import type { ApiContext } from './graphql/context.ts'
import { graphiql } from './graphql/graphiql.ts'
import { clientAddress } from './graphql/limits/client-address.ts'
import { guard } from './graphql/limits/guard.ts'
import { queryBudget } from './graphql/limits/limits.ts'
import { shapeLimits } from './graphql/limits/shape.ts'
import { gainsaySchema } from './graphql/schema.ts'
import { journalReader } from './journal.ts'
import { subscriptions } from './live/subscriptions.ts'
import { createLoaders } from './loaders.ts'
import { plainly } from './plain.ts'
import { principal } from './principal.ts'
import { indexHead, lastEvent, readiness } from './readiness.ts'
import { statusLoader } from './status/load.ts'
import { statusRoutes } from './status/routes.ts'
import { payloadReaders } from './tensors/payload.ts'

const config = parseConfig(process.env)
const journalPath = resolve(config.dataDir, 'journal.sqlite')
const journal = journalReader(journalPath)

const payloads = payloadReaders(join(config.dataDir, 'artifacts'))

const subscribe = subscriptions(config.api.maxSubscriptions, config.pollMs)
const fresh = () => ({ loaders: createLoaders(journal, config.api.maxAnswerBytes), readPayload: payloads() })

const createContext = (): ApiContext => ({
  ...fresh(),
  fresh,
  subscribe,
  journal,
  principal,
  conviction: config.gainsay?.conviction,
  indexHead,
  lastEvent,
})

const yoga = createYoga<{ address?: string | undefined }>({
  schema: gainsaySchema(),
  context: createContext,
  graphqlEndpoint: '/graphql',
  landingPage: false,
  ...graphiql(),
  // Queries come from anybody: these bound how much one of them can ask for.
  plugins: [shapeLimits({ depth: 12, tokens: 1000, introspection: 2 }), queryBudget(config.api)],
})

const app = new Hono()

const guards = guard(config.api)
app.use('/graphql', ...guards)
app.use('/ponder', ...guards)
app.use('/graphql', async (c) =>
  plainly(c, await yoga.fetch(c.req.raw, { address: clientAddress(c, config.api.proxies) })),
)
// Ponder's generated schema over the same tables, for ad-hoc questions; it knows nothing of the journal.
app.use('/ponder', graphql({ db, schema }))
app.get('/readiness', async (c) => {
  const answer = await readiness(config.rpcLagBlocks)
  return c.json(answer, answer.ready ? 200 : 503)
})
app.route('/', statusRoutes(statusLoader(journal)))
app.route('/', attestationRoutes(journal))
app.route('/', exportRoutes(journalPath, indexHead))
app.route(
  '/',
  explorerRoutes({
    ...{ journal, principal, indexHead },
    networks: networkNames.filter((name) => config[name]),
    artifactsDir: resolve(config.dataDir, 'artifacts'),
    ask: async (query) => {
      const answer = await yoga.fetch(`http://explorer/graphql?query=${encodeURIComponent(query)}`)
      return JSON.stringify(await answer.json(), null, 2)
    },
  }),
)

export default app
