import type { RuntimeKind } from './runtime.ts'

/** What the pool sends to a child. Tensors travel as `encodeTensors` bytes, so that both ends check what they get. */
export interface JobMessage {
  modelHash: string
  modelPath: string
  inputs: Uint8Array
  runtime: RuntimeKind
}

/** What a child sends back: `'ready'` once, then one answer a job. */
export type AnswerMessage =
  | 'ready'
  | { kind: 'outputs'; outputs: Uint8Array; runtime: string; ms: number }
  /** `spoiled`: the runtime itself threw, so the process is not trusted with another job. */
  | { kind: 'failed'; reason: string; spoiled: boolean }
