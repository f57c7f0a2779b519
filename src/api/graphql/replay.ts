import type { VerdictRow } from '../../../journal/queries.ts'
import type { VerdictFilter, VerdictOfResult } from '../journal-lists.ts'
import type { ApiContext } from './context.ts'
import type { Filtered } from './filters.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

/** A verdict of the journal as the API shows it. */
export function shownReplay(verdict: VerdictRow, resultId: string) {
  return {
    resultId,
    observationKey: verdict.observationKey,
    verdict: verdict.kind,
    step: verdict.step,
    retryAt: verdict.retryAt,
    output: verdict.output,
    distance: verdict.distance,
    tolerance: verdict.tolerance,
    reason: verdict.reason,
    evidence: verdict.evidence === null ? null : JSON.parse(verdict.evidence),
    runtimes: JSON.parse(verdict.runtimes),
    milliseconds: verdict.ms,
    judgedAt: verdict.judgedAt,
    tries: verdict.tries,
  }
}

/** Replays: what this watcher found by running the model itself. */
export const replays: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "All results that this watcher judged, the latest judged first"
      replays(
        "Which ones; all when left out"
        where: ReplayFilter
        ${DIRECTED}
      ): ReplayPage!
    }

    "Which replays; every field given must hold"
    input ReplayFilter {
      "Those that showed one of these"
      verdict: [VerdictKind!]
      "Those of this result"
      resultId: Hex
      "Those of results of this model"
      modelId: Hex
      "Those of results of this node"
      nodeId: Hex
      "Those judged in this range of Unix milliseconds"
      judgedAt: Range
    }

    "What a replay showed"
    enum VerdictKind {
      "The posted output is what the model gives"
      valid
      "It is not, and there is evidence"
      invalid
      "It could not be told: something could not be fetched, verified or run within limits"
      undetermined
    }

    "The escalation, cheapest first"
    enum Step {
      "Equal bytes"
      bytes
      "A small distance"
      distance
      "The envelope of honest set-ups"
      envelope
      "A second runtime"
      second
      "The posted trace"
      trace
    }

    "What can be done about a fraud"
    enum FindingKind {
      "Prove it: a proof is at hand"
      provable
      "Demand data for a proof first"
      withheld
      "Appeal to the arbiter"
      unprovable
    }

    "A replay of a result and what it showed"
    type Replay {
      "What was replayed; null when a reorg took it away"
      result: Result
      "What it showed"
      verdict: VerdictKind!
      "What settled it; null when nothing was compared"
      step: Step
      "The output that came closest to failing, or failed"
      output: String
      "On the output's own scale; docs/protocol.md says how it is measured"
      distance: Float
      "What the distance was held against"
      tolerance: Float
      "Why it is undetermined"
      reason: String
      "Unix milliseconds of the next try; null when none is planned"
      retryAt: BigInt
      "Why the result is invalid; null unless it is"
      evidence: Evidence
      "What can be done about it on chain; null when nothing was looked for"
      finding: Finding
      "Which runtimes ran it"
      runtimes: [String!]!
      "How long it took"
      milliseconds: Float!
      "Unix milliseconds"
      judgedAt: BigInt!
      "How often it was judged"
      tries: Int!
    }

    "Why a result is invalid: the worst element of the worst output"
    type Evidence {
      "The output's name"
      output: String!
      "distance, logit, label, bits, shape, missing or extra"
      kind: String!
      "How far apart posted and replayed are; null where no distance was measured"
      distance: Float
      "The registered tolerance, or eight times the envelope where that is wider; 0 where equality was asked for"
      tolerance: Float!
      "How far honest set-ups on this machine lay apart; null when it was not measured"
      envelope: Float
      "Flat index of the element"
      at: Int
      "The element as posted"
      posted: String
      "The element as replayed"
      replayed: String
    }

    "Where in a revealed trace the fraud is, and what can be done about it. The proof itself is shown only by its transaction"
    type Finding {
      "What can be done"
      kind: FindingKind!
      "Which kind of claim the proof makes; null when there is no proof, as the next three"
      claim: String
      "ONNX name of the operator"
      operator: String
      "Trace entry"
      entry: Int
      "Row-major index of the element in it"
      element: BigInt
      "Why this kind"
      reason: String!
    }

    ${pageOf('Replay')}
  `,
  resolvers: {
    Query: {
      replays: async (_: unknown, { where, ...args }: Filtered<VerdictFilter>, { journal }: ApiContext) => {
        const page = await journal.verdictPage(where ?? {}, args)
        return { ...page, items: page.items.map((row: VerdictOfResult) => shownReplay(row, row.resultId)) }
      },
    },
    Replay: {
      result: ({ resultId }: { resultId: string }, _: unknown, { loaders }: ApiContext) =>
        loaders.result.load(resultId),
      finding: ({ observationKey }: { observationKey: string }, _: unknown, { loaders }: ApiContext) =>
        loaders.findings.load(observationKey),
    },
  },
}
