import type { GraphHeader, OperatorLeaf } from './graph-hash.ts'
import type { Opening } from './opening.ts'

/** What a proof says, with the number that the contract knows it by. */
export const claims = ['element', 'shape', 'input', 'length', 'link', 'step', 'end'] as const
export type Claim = (typeof claims)[number]

/** That an operator's output, or one element of it, is none that its inputs can give. */
export interface OperatorProof {
  readonly claim: 'element' | 'shape'
  readonly graph: GraphHeader
  readonly operator: OperatorLeaf
  readonly index: number
  readonly path: readonly Uint8Array[]
  readonly inputs: readonly Opening[]
  readonly output: number
  readonly made: Opening
  readonly element: number
}

/** That the encoded input or output is not what the trace's tensors say. */
export interface PayloadProof {
  readonly claim: 'input' | 'length' | 'link'
  readonly graph: GraphHeader
  readonly outputs: boolean
  readonly names: readonly Uint8Array[]
  readonly marks: readonly number[]
  readonly tensors: readonly Opening[]
  readonly encoded: Opening
  readonly position: number
}

/** That the encoded input or output does not have the hash on chain. */
export interface HashProof {
  readonly claim: 'step' | 'end'
  readonly graph: GraphHeader
  readonly outputs: boolean
  readonly encoded: Opening
  readonly states: Opening
  readonly step: number
}

/** A fraud proof, for the contract `Checker`; mirrors `contracts/src/proof/Proofs.sol`. */
export type Proof = OperatorProof | PayloadProof | HashProof
