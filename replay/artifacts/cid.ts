import type { Hex } from 'viem'

const RAW = 0x55
const DAG_PB = 0x70
const SHA2_256 = 0x12

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz'
const BASE16 = '0123456789abcdef'

/** Far above any in use (sha2-512 in base 16 takes 139), and short enough for decoding that is quadratic. */
const MAX_CHARACTERS = 200

/** What an IPFS content identifier says. */
export interface Cid {
  version: 0 | 1
  /** multicodec of the block it names: 0x55 is raw bytes, 0x70 a node of a file's tree */
  codec: number
  /** sha256 of that block; undefined when the CID uses another hash function. Of a raw block, this is the file's hash */
  blockHash: Hex | undefined
}

/**
 * Reads a CID: version 0, or version 1 in base 16, 32, 36 or 58. What it accepts consists of ASCII letters and digits
 * alone, so that it cannot leave its place in a URL.
 *
 * @returns undefined when the text is no such CID
 * @see https://github.com/multiformats/cid#decoding-algorithm
 */
export function parseCid(text: string): Cid | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  if (/^Qm[1-9A-Za-z]{44}$/.test(text)) {
    const bytes = fromDigits(text, BASE58)
    return bytes?.length === 34 && bytes[0] === SHA2_256 && bytes[1] === 32
      ? { version: 0, codec: DAG_PB, blockHash: hexOf(bytes.subarray(2)) }
      : undefined
  }
  const bytes = decodeMultibase(text)
  if (!bytes) return undefined
  const [version, codec, hashFunction, length, start] = readVarints(bytes)
  if (version !== 1 || codec === undefined || length === undefined || start === undefined) return undefined
  const digest = bytes.subarray(start)
  if (digest.length !== length || length === 0) return undefined
  return { version: 1, codec, blockHash: hashFunction === SHA2_256 && length === 32 ? hexOf(digest) : undefined }
}

/** The CID of one raw block with this sha256 (`bafkrei…`): where IPFS has a file that was added without chunking. */
export function rawCid(hash: Hex): string {
  const bytes = Buffer.concat([Buffer.of(1, RAW, SHA2_256, 32), Buffer.from(hash.slice(2), 'hex')])
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  const letters = (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)])
  return `b${letters.join('')}`
}

/** Whether the CID is the hash of the file itself: then it can be compared without a download. */
export function namesRawBytes(cid: Cid): cid is Cid & { blockHash: Hex } {
  return cid.codec === RAW && cid.blockHash !== undefined
}

function decodeMultibase(text: string): Uint8Array | undefined {
  const digits = text.slice(1)
  switch (text[0]) {
    case 'b':
      return fromBase32(digits)
    case 'B':
      return /[a-z]/.test(digits) ? undefined : fromBase32(digits.toLowerCase())
    case 'z':
      return fromDigits(digits, BASE58)
    case 'k':
      return fromDigits(digits, BASE36)
    case 'f':
      return fromDigits(digits, BASE16)
    default:
      return undefined
  }
}

function fromBase32(text: string): Uint8Array | undefined {
  const bytes: number[] = []
  let value = 0
  let bits = 0
  for (const letter of text) {
    const digit = BASE32.indexOf(letter)
    if (digit < 0) return undefined
    value = (value << 5) | digit
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push(value >> bits)
    value &= (1 << bits) - 1
  }
  return value === 0 && bits < 5 ? Uint8Array.from(bytes) : undefined
}

/** A number in some base. Leading zero bytes are lost, which matters not: a CID begins with 1 or 0x12. */
function fromDigits(text: string, alphabet: string): Uint8Array | undefined {
  let number = 0n
  for (const letter of text) {
    const digit = alphabet.indexOf(letter)
    if (digit < 0) return undefined
    number = number * BigInt(alphabet.length) + BigInt(digit)
  }
  const hex = number.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

/** The four numbers a CIDv1 begins with, and where they end. Shorter when it ends before, or a number is overlong. */
function readVarints(bytes: Uint8Array): number[] {
  const numbers: number[] = []
  let at = 0
  while (numbers.length < 4) {
    let value = 0
    let shift = 0
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined || shift > 21) return []
      value |= (byte & 0x7f) << shift
      shift += 7
      if (byte < 0x80) break
    }
    numbers.push(value)
  }
  return [...numbers, at]
}

function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`
}
