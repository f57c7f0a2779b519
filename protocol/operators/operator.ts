import type { Terms } from '../arithmetic/bounds.ts'
import type { Range } from '../arithmetic/range.ts'
import type { DType, Tensor } from '../tensor.ts'
import type { View } from './view.ts'

/** What an operator is asked; mirrors `Query` in `contracts/src/operators/IOperator.sol`. */
export interface Query {
  readonly terms: Terms
  /** in the operator's canonical order, see {@link Operator.canonical} */
  readonly attributes: readonly bigint[]
  /** in canonical order; undefined for those left out */
  readonly inputs: readonly (View | undefined)[]
  /** which of the operator's outputs */
  readonly output: number
  /** the output's dimensions */
  readonly dims: readonly number[]
  /** of the element, in row-major order */
  readonly index: number
}

/** Type and dimensions of a tensor. */
export interface Shape {
  readonly dtype: DType
  readonly dims: readonly number[]
}

/** An operator as the file has it. */
export interface OnnxOperator {
  /** version of the default operator set that the file imports */
  readonly opset: number
  readonly inputs: number
  readonly outputs: number
  /** whether this input is there; ONNX spells one that is left out as the empty name */
  has(input: number): boolean
  /** the input's value, where it is a constant of the file */
  constant(input: number): Tensor | undefined
  int(name: string): bigint | undefined
  ints(name: string): readonly bigint[] | undefined
  /** bits of a float attribute */
  float(name: string): number | undefined
  text(name: string): string | undefined
}

/** What the commitment says of an operator. */
export interface Canonical {
  /** whole numbers, or bits of float32, in an order that the operator's file defines */
  readonly attributes: readonly bigint[]
  /** which of the file's inputs the check reads, in order; -1 for one left out */
  readonly inputs: readonly number[]
}

/** Thrown when a model uses an operator in a way that the contract cannot check; the message names it. */
export class NotProvableError extends Error {
  override name = 'NotProvableError'
}

/**
 * An ONNX operator that the chain can check. Its contract is the file of the same name in `contracts/src/operators/`;
 * both compute the same ranges.
 */
export interface Operator {
  /**
   * The operator's attributes and inputs in one form for all operator sets: defaults filled in, constant inputs such as
   * axes turned into attributes.
   *
   * @throws NotProvableError naming what is not supported
   */
  canonical(node: OnnxOperator): Canonical
  /**
   * Which axis of this (canonical) input is best stored last, because the check of one element reads along it. Negative
   * counts from the end, -1 is plain row-major order. `weight` decides when several operators read one tensor: about
   * how many elements are read along it.
   */
  reads(input: number, attributes: readonly bigint[]): { readonly axis: number; readonly weight: number }
  /**
   * Type and dimensions that the output must have, given the inputs.
   *
   * @throws UnfitError when no honest run could have had these inputs
   */
  shape(query: Omit<Query, 'dims' | 'index'>): Shape
  /**
   * What honest hardware can give for one element of the output, computed from the operator's own inputs.
   *
   * @throws UnfitError as `shape`
   */
  element(query: Query): Range
}

/** Row-major everywhere: for operators that read single elements. */
export const anyOrder = { axis: -1, weight: 0 } as const
