import { type DType, dtypes } from '../tensor.ts'

/** Whole-number types; mirrors `contracts/src/arithmetic/Wholes.sol`. */

/** Whether a type holds whole numbers: the signed and unsigned ones of 8 to 64 bits, not bool. */
export function isWhole(dtype: DType): boolean {
  return /^u?int/.test(dtype)
}

/** The bits of a whole number in a type, wrapped around as two's complement does it. */
export function wrap(dtype: DType, value: bigint): bigint {
  return BigInt.asUintN(8 * dtypes[dtype].bytes, value)
}
