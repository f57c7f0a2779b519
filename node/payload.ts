import { type Hex, toBytes, toHex } from 'viem'
import { sha256Hex } from '../protocol/sha256.ts'

export { sha256Hex }

/** Bytes by value or by reference, as the contract has them. */
export interface Payload {
  /** sha256 of the bytes */
  readonly hash: Hex
  readonly uri: string
  /** the bytes themselves, or `0x` when they are to be fetched */
  readonly data: Hex
}

/** Largest payload that goes on chain inline, in bytes. */
export const MAX_INLINE_BYTES = 4096

/**
 * Makes a payload of bytes: inline up to {@link MAX_INLINE_BYTES}, else published and named by its URI.
 *
 * @param publish makes bytes available to everybody and says where
 */
export async function payloadOf(bytes: Uint8Array, publish: (bytes: Uint8Array) => Promise<string>): Promise<Payload> {
  const hash = sha256Hex(bytes)
  if (bytes.length <= MAX_INLINE_BYTES) return { hash, uri: '', data: toHex(bytes) }
  return { hash, uri: await publish(bytes), data: '0x' }
}

/** Gets bytes by reference or by value; `Artifacts.fetch` of the replay is one. */
export type FetchBytes = (reference: { hash: Hex; uri: string; data?: Uint8Array }) => Promise<Uint8Array>

/** Gets the bytes of a payload. @throws Error when they do not have the payload's hash */
export async function bytesOf({ hash, uri, data }: Payload, fetchBytes: FetchBytes): Promise<Uint8Array> {
  const bytes = await fetchBytes({ hash, uri, data: data === '0x' ? undefined : toBytes(data) })
  if (sha256Hex(bytes) !== hash)
    throw new Error(`what was fetched from ${uri || 'the chain'} does not have the hash ${hash}`)
  return bytes
}
