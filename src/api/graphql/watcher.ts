import type { ApiContext } from './context.ts'
import type { SchemaModule } from './module.ts'

/** The watcher whose journal lies beside the index. */
export const watcher: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "What this watcher has done so far; null when no watcher has run here"
      watcher: Watcher
    }

    "Totals over the watcher's journal"
    type Watcher {
      "Results that it saw"
      observed: Int!
      "Results that it found valid"
      valid: Int!
      "Results that it found invalid"
      invalid: Int!
      "Results that it could not judge"
      undetermined: Int!
      "Results left unchecked because a replay was not worth its cost, and not among the share that is checked anyway"
      unchecked: Int!
      "Challenges of its own that are on chain"
      challenges: Int!
      "Actions whose effect is not on chain yet"
      openActions: Int!
      "wei paid for gas"
      gasPaid: BigInt!
    }
  `,
  resolvers: {
    Query: { watcher: (_: unknown, __: unknown, { journal }: ApiContext) => journal.totals() },
  },
}
