import type { NamedTensors } from '../protocol/tensor.ts'

/**
 * How an output of an `fp32` model is compared, by what made it. Says nothing in the `exact` class, where bits are equal
 * or not.
 */
export type Form =
  /** Numbers on a scale of their own: max|Δ| / max(1, max|ref|). */
  | { kind: 'linear' }
  /** Squashed between two limits: compared where it is not squashed, before the sigmoid, tanh or softmax. */
  | { kind: 'sigmoid' | 'tanh' | 'softmax' }
  /** Positions of the largest (or smallest) scores along an axis: another one is right when its score is as good. */
  | { kind: 'label'; axis: number; largest: boolean }
  /** Whole numbers that were made from floating-point ones in a way that has no known margin. */
  | { kind: 'discrete' }
  /** Depends on nothing that rounds: equal or different. */
  | { kind: 'exact' }

/** What one replay of a model gave, and what is needed to compare with it. */
export interface Replayed {
  readonly outputs: NamedTensors
  /** by output name; an output without one is `linear` when its elements are floating-point, else `discrete` */
  readonly forms: ReadonlyMap<string, Form>
  /** the scores behind each `label`, by the label's output name */
  readonly scores: NamedTensors
}
