import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import type { Reason } from '../../../protocol/status.ts'
import { dayOf } from '../../rows/day.ts'
import type { SchemaModule } from '../graphql/module.ts'
import type { JournalReader } from '../journal.ts'
import type { Loaders } from '../loaders.ts'
import { MAX_PAGE } from '../page.ts'
import type { IndexHead } from '../readiness.ts'
import { daysOf, latenciesOf, ranking, type Subject, together } from './daily.ts'
import { opinions, verifiedCost } from './opinions.ts'
import { payees } from './payees.ts'
import { dayText, parseDay, type Range, rangeOf } from './range.ts'
import { payoutSpread, stakeSpread, workSpread } from './spread.ts'
import { statistics } from './statistics.ts'
import { typeDefs } from './type-defs.ts'

/** What the analytics need of a request's context. */
interface Context {
  loaders: Pick<Loaders, 'model' | 'node' | 'account'>
  journal: Pick<JournalReader, 'opinionDays' | 'gasPaidOn'>
  indexHead: () => Promise<IndexHead>
}

interface About {
  modelId?: string | null
  nodeId?: string | null
}

const resolvers = {
  Day: new GraphQLScalarType({
    name: 'Day',
    description: 'A day of UTC by the timestamps of blocks, as YYYY-MM-DD',
    serialize: (day) => dayText(day as number),
    parseValue: parseDay,
    parseLiteral: (node) => parseDay(node.kind === Kind.STRING ? node.value : undefined),
  }),
  Query: {
    analytics: async (_: unknown, args: { from?: number; to?: number }, { indexHead }: Context) =>
      rangeOf(args, dayOf((await indexHead()).timestamp)),
  },
  Analytics: {
    statistics: async (range: Range, about: About) => {
      const days = await daysOf(subjectOf(about), range)
      return statistics(together(days), () => latenciesOf(days))
    },
    days: async (range: Range, about: About) =>
      (await daysOf(subjectOf(about), range)).map((row) => ({
        day: row.day,
        statistics: statistics(row, () => latenciesOf([row])),
      })),
    models: async (range: Range, { first }: { first: number }, { loaders }: Context) =>
      (await ranking('model', range, sizeOf(first))).map(({ subjectId, sums, latencies }) => ({
        model: () => loaders.model.load(subjectId),
        statistics: statistics(sums, latencies),
      })),
    nodes: async (range: Range, { first }: { first: number }, { loaders }: Context) =>
      (await ranking('node', range, sizeOf(first))).map(({ subjectId, sums, latencies }) => ({
        id: subjectId,
        node: () => loaders.node.load(subjectId),
        account: () => loaders.account.load(subjectId),
        statistics: statistics(sums, latencies),
      })),
    payees: async (
      range: Range,
      { reasons, first }: { reasons?: Reason[] | null; first: number },
      { loaders }: Context,
    ) =>
      (await payees(range, reasons, sizeOf(first))).map(({ accountId, ...payee }) => ({
        ...payee,
        account: () => loaders.account.load(accountId),
      })),
    concentration: (range: Range, args: { of: 'work' | 'stake' | 'payouts'; every: number; reasons: Reason[] }) => {
      if (!(args.every >= 1)) throw new GraphQLError('every must be 1 or more days')
      if (args.of === 'work') return workSpread(range, args.every)
      if (args.of === 'stake') return stakeSpread(range, args.every)
      return payoutSpread(range, args.every, args.reasons ?? [])
    },
    opinions: async (range: Range, about: About, { journal }: Context) => {
      const days = await journal.opinionDays(range, about)
      return days && opinions(days)
    },
    opinionDays: async (range: Range, about: About, { journal }: Context) =>
      (await journal.opinionDays(range, about))?.map((day) => ({ day: day.day, opinions: opinions([day]) })),
    verifiedCost: async (range: Range, _: unknown, { journal }: Context) => {
      const [days, gasPaid] = await Promise.all([journal.opinionDays(range), journal.gasPaidOn(range)])
      if (days === null || gasPaid === null) return null
      return verifiedCost(together(await daysOf(subjectOf({}), range)), days, gasPaid)
    },
  },
}

/** The analytics: their part of the schema, and what answers it. */
export const analytics: SchemaModule = { typeDefs, resolvers }

function subjectOf({ modelId, nodeId }: About): Subject {
  if (modelId && nodeId)
    throw new GraphQLError('give modelId or nodeId, not both: days are kept by model and by node, not by pairs of them')
  if (modelId) return { scope: 'model', subjectId: modelId }
  if (nodeId) return { scope: 'node', subjectId: nodeId }
  return { scope: 'total', subjectId: '0x' }
}

function sizeOf(first: number | null): number {
  const size = first ?? 100
  if (size < 1 || size > MAX_PAGE) throw new GraphQLError(`first must be between 1 and ${MAX_PAGE}`)
  return size
}
