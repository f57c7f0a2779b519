import { concatHex, type Hex, pad, size, toHex } from 'viem'

// Code for Anvil beside `precompile.ts`: contracts that ask the precompile and then say what they were given, and one whose
// events have two indexed parameters.

/**
 * Calls the precompile at 0xf4, then emits a log of one topic. Calldata: length of the call, the call, topic, data.
 *
 * In assembly: `len := calldataload(0); calldatacopy(0, 32, len); call(gas(), 0xf4, 0, 0, len, 0, 0); off := len + 64;
 * n := calldatasize() - off; calldatacopy(0, off, n); log1(0, n, calldataload(len + 32))`.
 */
export const hubCode: Hex =
  '0x60003580602060003760006000826000600060f45af1508060400180360380826000378260200135906000a100'

/** The same with a log of two topics, data after both. */
export const workflowCode: Hex =
  '0x60003580602060003760006000826000600060f45af15080606001803603808260003782604001358360200135826000a200'

/** Emits a log of three topics: `n := calldatasize() - 96; calldatacopy(0, 96, n); log3(0, n, …)`. */
export const schedulerCode: Hex = '0x60603603806060600037604035602035600035836000a300'

/** Calldata of {@link hubCode} and {@link workflowCode}. */
export function repeating(call: Hex, topics: readonly Hex[], data: Hex): Hex {
  return concatHex([pad(toHex(size(call)), { size: 32 }), call, ...topics, data])
}
