import type { DType } from './tensor.ts'

/** What a model declares of one input or output. */
export interface TensorSignature {
  readonly name: string
  /** its element type; null where it is no tensor of numbers: texts, a sequence, a map */
  readonly dtype: DType | null
  /** its dimensions, null for each that is not fixed; empty for a scalar, and where none are declared */
  readonly dims: readonly (number | null)[]
}

/** What a model takes and gives, in its own order. Inputs that have a default in the file are not among them. */
export interface ModelSignature {
  readonly inputs: readonly TensorSignature[]
  readonly outputs: readonly TensorSignature[]
}
