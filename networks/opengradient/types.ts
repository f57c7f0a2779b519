/** A decimal fixed-point number: `value · 10^-decimals`. Both are int128. */
export interface FixedPoint {
  value: bigint
  decimals: bigint
}

/** A tensor of numbers in row-major order; which element type it stands for only the model says. */
export interface NumberTensor {
  name: string
  values: readonly FixedPoint[]
  /** uint32 each; empty for a scalar */
  shape: readonly number[]
}

/** A tensor of texts. The chain carries no shape of it. */
export interface StringTensor {
  name: string
  values: readonly string[]
}

/** What is neither: JSON of a sequence or map, e.g. of a classifier's probabilities by label. */
export interface JsonScalar {
  name: string
  value: string
}

/** The input of an inference, as in the event's ABI. */
export interface ModelInput {
  numbers: readonly NumberTensor[]
  strings: readonly StringTensor[]
}

/** The output of an inference, as in the event's ABI. */
export interface ModelOutput {
  numbers: readonly NumberTensor[]
  strings: readonly StringTensor[]
  jsons: readonly JsonScalar[]
  /** set by a node that only estimates gas: no inference was run */
  is_simulation_result: boolean
}

/** The arguments of the precompile's `ModelInferenceEvent`, as viem decodes them. */
export interface InferenceEvent {
  inferenceID: string
  request: { mode: number; modelCID: string; input: ModelInput }
  response: ModelOutput
}

/** Thrown when a payload cannot be read, or its numbers are no tensors of the model's. The message is a sentence's part. */
export class PayloadError extends Error {
  override name = 'PayloadError'
}
