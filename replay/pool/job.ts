import type { Hex } from 'viem'
import type { Form, Replayed } from '../../verdict/form.ts'
import type { RuntimeKind, Variant } from '../runtime/runtime.ts'

/**
 * How a job runs its model. `cut`: each operator of the main graph apart, on the tensors that the input gives for what
 * the others make (see `cutModel`); the outputs are then what every operator makes, by the names in the model.
 * `signature`: it is opened but not run, its input is ignored, and its output is what it takes and gives (`Pool.signature`).
 */
export type JobVariant = Variant | 'cut' | 'signature'

/** One replay that a caller wants. */
export interface ReplayJob {
  /** `0x…` sha256 of the model file; the child checks it */
  modelHash: Hex
  /** the model in the artifact store */
  modelPath: string
  /** `encodeTensors` bytes, or the path of a file that holds them: a path spares the way through a pipe */
  input: Uint8Array | string
  runtime: RuntimeKind
  /** default `canonical` */
  variant?: JobVariant
  /** Run in a process that does this one job: what a second opinion needs to be independent. */
  fresh?: boolean
  /**
   * sha256 of what was posted, lower case: when the replay's outputs have it, nothing more of them is needed, and they
   * need not come through a pipe. Stays in this process: a child is never told what it should compute.
   */
  expected?: string
  /** Smaller first, e.g. the deadline in ms; default 0. Jobs of equal priority take turns by model. */
  priority?: number
}

/** How a replay ended. */
export type ReplayOutcome =
  | {
      kind: 'outputs'
      replayed: Replayed
      /** the `encodeTensors` bytes of its outputs, where it was decoded from them: whoever wants their hash has them */
      encoded?: Uint8Array
      /** name, version and variant, e.g. `onnxruntime-node 1.30.0, no prepacking` */
      runtime: string
      /** time in the child in ms, loading included */
      ms: number
    }
  /** The outputs have the sha256 that was expected, so they stayed where they were. Small ones come as `outputs`. */
  | { kind: 'equal'; runtime: string; ms: number }
  | {
      kind: 'failed'
      /** a sentence for people */
      reason: string
      /** whether the same job may well succeed later: true for time-outs, shortage of memory and a closed pool */
      retryable: boolean
    }

/** What the pool sends to a child: replays of one model, one after the other. Each inline input follows as a blob. */
export interface BatchMessage {
  modelHash: string
  modelPath: string
  variant: JobVariant
  /** one for each replay: the path of a file of `encodeTensors` bytes, or null for the next blob */
  inputs: (string | null)[]
  /** whether to say of large outputs only what they hash to, and hold them until after the batch */
  hold: boolean
}

/** What the pool sends after a batch: which of the outputs that were held it wants after all, by place in the batch. */
export interface FetchMessage {
  fetch: number[]
}

/** One replay's answer as a child sends it; its tensors follow as blobs of `encodeTensors` bytes. */
export type Answer =
  /** A blob of outputs follows, and one of the scores behind labels, by output name, where `scores` says so. */
  | { kind: 'outputs'; scores: boolean; ms: number }
  /** Nothing follows: the outputs, of which there are no scores, have this sha256 and are held. */
  | { kind: 'held'; hash: string; ms: number }
  | { kind: 'failed'; reason: string }

/** What a child sends back. */
export type ChildMessage =
  /** Once, when the runtime is loaded and it can take a batch. */
  | { kind: 'ready' }
  /** Answers to the next jobs of the batch, in their order; the last message of a batch has `done`. */
  | { kind: 'answers'; answers: Answer[]; model?: ModelFacts; done?: BatchEnd }

/** What a child says of a model, before or with the first outputs of a batch. */
export interface ModelFacts {
  runtime: string
  forms: [output: string, form: Form][]
}

/** The state of a child after a batch. A batch may end before its last job; the others were not begun. */
export interface BatchEnd {
  /** keys of the sessions it holds, see {@link sessionKey} */
  loaded: string[]
  /** the runtime threw while it ran a model: the process is not trusted with another job */
  spoiled: boolean
  /** how often the runtime refused to open a model, in this batch */
  refusals: number
  /** CPU time of the process so far, in seconds */
  cpuSeconds: number
  /** resident memory now and at its peak, in MiB */
  rssMb: number
  peakMb: number
}

/** Names a session: jobs with the same key can share one, and one batch. */
export function sessionKey(job: { runtime: RuntimeKind; variant: JobVariant; modelHash: string }): string {
  return `${job.runtime} ${job.variant} ${job.modelHash}`
}
