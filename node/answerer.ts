import { type CommittedTrace, commitTrace, wholeTrace } from '../protocol/proof/commit-trace.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import type { GraphHeader } from '../protocol/proof/graph-hash.ts'
import type { Precision } from '../protocol/status.ts'
import type { NamedTensors } from '../protocol/tensor.ts'
import type { Trace } from '../protocol/trace.ts'
import { infer, inferAll } from './infer.ts'

/** A request with everything fetched and checked against its hash. */
export interface AnswerRequest {
  readonly requestId: `0x${string}`
  readonly modelId: `0x${string}`
  /** sha256 of the ONNX file */
  readonly modelHash: `0x${string}`
  /** the ONNX file; the same array for every request of this model */
  readonly model: Uint8Array
  readonly precision: Precision
  /** largest accepted norm-scaled distance */
  readonly tolerance: number
  readonly inputs: NamedTensors
}

/** What a node is going to claim, and whether it is true. */
export interface Answer {
  readonly outputs: NamedTensors
  /** name of the cheat that made the outputs; null when they are honest */
  readonly dishonest: string | null
  /** whether the node answers a challenge */
  readonly reveal: boolean
  /** whether it lets anybody see the trace that it reveals the root of */
  readonly publishes: boolean
  /** what to reveal; computed only when it is asked for */
  readonly trace: () => Promise<RevealedTrace>
}

/** A trace with the root that goes on chain. */
export interface RevealedTrace {
  readonly trace: Trace
  readonly root: `0x${string}`
  /** what of the model a part of the trace is shown with */
  readonly graph: GraphHeader
  /** opens the parts that are demanded on chain */
  readonly committed: CommittedTrace
}

/**
 * What a node says it computed, ready to be revealed.
 *
 * @param request the model and the inputs that it says it ran it on
 * @param made output tensors of every operator, by name
 */
export function revealed(
  { model, inputs }: Pick<AnswerRequest, 'model' | 'inputs'>,
  made: NamedTensors,
): RevealedTrace {
  const { graph } = committedModel(model)
  const trace = wholeTrace(graph, inputs, made)
  const committed = commitTrace(graph, trace)
  return { trace, root: committed.root, graph: graph.header, committed }
}

/**
 * Turns requests into answers. Dishonest nodes differ from honest ones in nothing else.
 *
 * The answer must depend on the request alone, so that a node which restarts answers as it did before.
 */
export interface Answerer {
  answer(request: AnswerRequest): Promise<Answer>
}

/** Runs the model as asked, and tells how it went. */
export const honestAnswerer: Answerer = {
  async answer({ model, inputs }) {
    const outputs = await infer({ model, inputs })
    return {
      outputs,
      dishonest: null,
      reveal: true,
      publishes: true,
      // Equal already, as the runtime repeats its bits; a model with random operators does not, and posted is posted.
      trace: async () => revealed({ model, inputs }, new Map([...(await inferAll({ model, inputs })), ...outputs])),
    }
  },
}
