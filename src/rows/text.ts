import type { Hex } from 'viem'

/**
 * On-chain text as a database can hold it. Postgres refuses U+0000 in text, so one hostile URI would stop all
 * indexing; it is shown as U+FFFD, as undecodable bytes already are. Hashes commit to the original either way.
 */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD')
}

/** Inline bytes, or null when a payload has none and must be fetched from its URI. */
export function inlineBytes(data: Hex): Hex | null {
  return data === '0x' ? null : data
}

const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000'

/** An optional address: the contract writes "nobody" as zero, the history as null. */
export function addressOrNull(address: Hex): Hex | null {
  return address === ZERO_ADDRESS ? null : address
}
