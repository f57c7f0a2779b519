import { base16 } from 'multiformats/bases/base16'
import { base32, base32upper } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import type { MultibaseCodec } from 'multiformats/bases/interface'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import type { Hex } from 'viem'

/** Multicodec of a block that is bytes and nothing else. */
export const RAW = 0x55
/** Multicodec of a node of a file's or folder's tree. */
export const DAG_PB = 0x70

const SHA2_256 = 0x12
const IDENTITY = 0x00

/** Far above any in use (sha2-512 in base 16 takes 139), and short enough for decoding that is quadratic. */
const MAX_CHARACTERS = 200

const BASES = new Map(
  [base16, base32, base32upper, base36, base58btc].map((base) => [
    base.prefix as string,
    base as MultibaseCodec<string>,
  ]),
)

/**
 * Reads a CID: version 0, or version 1 in base 16, 32, 36 or 58. What it accepts consists of ASCII letters and digits
 * alone, so that it cannot leave its place in a URL.
 *
 * @returns undefined when the text is no such CID
 * @see https://github.com/multiformats/cid#decoding-algorithm
 */
export function readCid(text: string): CID | undefined {
  const isV0 = /^Qm[1-9A-Za-z]{44}$/.test(text)
  const base = isV0 ? base58btc : BASES.get(text.slice(0, 1))
  if (!base || text.length > MAX_CHARACTERS) return undefined
  try {
    const cid = CID.parse(text, base.decoder)
    // The library also takes padding and mixed case: one CID, one spelling in each base.
    if (base.encoder.encode(cid.bytes) !== (isV0 ? `z${text}` : text)) return undefined
    if (cid.version === 0) return isV0 && sha256Of(cid) ? cid : undefined
    return cid.multihash.size === 0 && cid.multihash.code !== IDENTITY ? undefined : cid
  } catch {
    return undefined
  }
}

/** sha256 of the block that a CID names; undefined when the CID uses another hash function. */
export function sha256Of({ multihash }: CID): Hex | undefined {
  if (multihash.code !== SHA2_256 || multihash.size !== 32) return undefined
  return `0x${Buffer.from(multihash.digest).toString('hex')}`
}

/** The block itself, when the CID holds it instead of a hash; undefined otherwise. */
export function inlineBlock({ multihash }: CID): Uint8Array | undefined {
  return multihash.code === IDENTITY ? multihash.digest : undefined
}

/** The CID of one raw block with this sha256 (`bafkrei…`): where IPFS has a file that was added without chunking. */
export function rawCid(hash: Hex): string {
  return CID.createV1(RAW, create(SHA2_256, Buffer.from(hash.slice(2), 'hex'))).toString()
}
