import schema from 'ponder:schema'
import { and, eq } from 'drizzle-orm'
import type { EchoRow, TaskRow } from '../loaders.ts'
import { among, type PageArguments } from '../page.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { echoesPage, tasksPage } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { echo, task } = schema

interface TaskFilter {
  ids?: Maybe<Hex[]>
  ownerId?: Maybe<Hex>
  contract?: Maybe<Hex>
  registeredAt?: Maybe<Range>
}

/** Scheduled runs: what was to be run again and again, and what contracts say that they were given. */
export const scheduled: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "One task"
      task("The task's id" id: Hex!): Task
      "All tasks of a scheduler, newest first"
      tasks(
        "Which ones; all when left out"
        where: TaskFilter
        ${DIRECTED}
      ): TaskPage!
    }

    "Which tasks; every field given must hold"
    input TaskFilter {
      "Those with these ids, at most 1000"
      ids: [Hex!]
      "Those that this account scheduled"
      ownerId: Hex
      "Those of this workflow"
      contract: Hex
      "Those registered in this range of Unix seconds"
      registeredAt: Range
    }

    "A workflow that a scheduler is to run again and again"
    type Task {
      "The task's id"
      id: Hex!
      "The network it is of"
      network: Network!
      "The chain it is on"
      chainId: Int!
      "Who scheduled it"
      owner: Account!
      "Address of the workflow"
      contract: Hex!
      "Seconds between its runs"
      frequency: BigInt!
      "Unix second at which it is to end"
      endTime: BigInt!
      "Unix second"
      registeredAt: BigInt!
      "Unix second of the latest change of its terms; null when there was none"
      updatedAt: BigInt
      "Unix second; null while it runs"
      stoppedAt: BigInt
      "How often it has said that it ran"
      runCount: Int!
      "The block that registered it"
      blockNumber: BigInt!
      "The transaction that registered it"
      transactionHash: Hex!
      "Its runs, newest first"
      runs(${DIRECTED}): EchoPage!
    }

    "Which contract repeats an inference"
    enum EchoKind {
      "The hub in front of the precompile"
      hub
      "A workflow"
      workflow
    }

    "What a contract that asked for an inference says it was given"
    type Echo {
      "The event: its block's hash and its place there"
      id: ID!
      "The network it is of"
      network: Network!
      "The chain it is on"
      chainId: Int!
      "Which contract says it"
      kind: EchoKind!
      "Address of that contract"
      contract: Hex!
      "Address of who had the workflow run; null where the event does not say it"
      caller: Hex
      "The inference of the same transaction; null where there is none"
      result: Result
      "The task that it was a run of; null where it was none"
      task: Task
      "Whether it carries no output at all"
      empty: Boolean!
      "Whether it carries the result's output, byte for byte; null where there is nothing to compare"
      agrees: Boolean
      "Unix second"
      saidAt: BigInt!
      "The block of the event"
      blockNumber: BigInt!
      "The hash of that block"
      blockHash: Hex!
      "The transaction of the event"
      transactionHash: Hex!
      "Where in the block it is"
      logIndex: Int!
    }

    ${pageOf('Task')}
    ${pageOf('Echo')}
  `,
  resolvers: {
    Query: {
      task: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.task.load(id),
      tasks: (_: unknown, { where, ...args }: Filtered<TaskFilter>) =>
        tasksPage(
          and(
            among(task.id, where?.ids),
            equal(task.ownerId, where?.ownerId),
            equal(task.contract, where?.contract),
            within(task.registeredAt, where?.registeredAt),
          ),
          args,
        ),
    },
    Task: {
      owner: (row: TaskRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.ownerId),
      runs: (row: TaskRow, args: PageArguments) => echoesPage(eq(echo.taskId, row.id), args),
    },
    Echo: {
      caller: (row: EchoRow) => row.callerId,
      result: (row: EchoRow, _: unknown, { loaders }: ApiContext) => row.resultId && loaders.result.load(row.resultId),
      task: (row: EchoRow, _: unknown, { loaders }: ApiContext) => row.taskId && loaders.task.load(row.taskId),
    },
  },
}
