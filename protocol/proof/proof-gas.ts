/**
 * Gas of a transaction that convicts by one element, without what grows with the operands: the call, Merkle paths, the
 * settlement. Fitted, as `TERM_GAS` is, to what `bench/gas.ts` prints.
 */
export const PROOF_GAS = 140_000

/** Gas of each term of a sum of products: its calldata, the hash of its chunks and the exact product. */
export const TERM_GAS = 410

/** About how much gas it takes to convict a wrong sum of so many products, in one transaction. */
export function proofGas(terms: number): number {
  return PROOF_GAS + TERM_GAS * terms
}
