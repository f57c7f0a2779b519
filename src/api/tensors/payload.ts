import type { NetworkName } from '../../../networks/network.ts'
import { shownPayload } from '../../../networks/shown.ts'
import { sha256Hex } from '../../../protocol/sha256.ts'
import { type NamedTensors, TensorFormatError } from '../../../protocol/tensor.ts'
import { archivedBytes } from './archive.ts'

/** Bytes of one payload that are read and decoded; beyond, its owner has to fetch it himself. */
export const MOST_BYTES = 16 * 2 ** 20
/** Bytes that one query can have decoded. */
export const MOST_BYTES_A_QUERY = 4 * MOST_BYTES

/** Bytes that the chain names by their hash, and where they may be. */
export interface PayloadRef {
  /** sha256, 0x and lower-case hex */
  hash: string
  /** the bytes themselves as hex, when they were sent inline */
  inline: string | null
  /** whose encoding they are in */
  network: NetworkName
  /** what they are */
  kind: 'input' | 'output'
}

/** Decoded tensors, or why there are none. */
export interface Payload {
  tensors: NamedTensors | null
  /** in a sentence, when there are none */
  reason: string | null
  /** how many bytes; null when they are not at hand */
  byteLength: number | null
  source: 'inline' | 'archive' | null
}

/** Decodes payloads of one query: the same one only once, and not endlessly many. */
export type PayloadReader = (ref: PayloadRef) => Promise<Payload>

/**
 * Decodes inputs and outputs: bytes that came inline, or that the watcher beside this index has archived under their hash.
 * Nothing is downloaded, and nothing is shown whose hash is not the one on chain.
 *
 * @param artifacts the watcher's store of artifacts, which may not exist
 * @returns makes a reader for one query
 */
export function payloadReaders(artifacts: string): () => PayloadReader {
  const inTurn = takeTurns(2)
  return () => {
    const known = new Map<string, Promise<Payload>>()
    let left = MOST_BYTES_A_QUERY
    const read = async (ref: PayloadRef): Promise<Payload> => {
      const { hash, inline } = ref
      const found =
        inline === null
          ? await archivedBytes(artifacts, hash, Math.min(MOST_BYTES, left))
          : Buffer.from(inline.slice(2), 'hex')
      if (found === undefined) return missing('It was not sent inline, and this watcher has not archived it.')
      const byteLength = typeof found === 'number' ? found : found.length
      const source = inline === null ? 'archive' : 'inline'
      if (byteLength > MOST_BYTES) return { ...missing(tooLarge(byteLength)), byteLength, source }
      if (typeof found === 'number' || byteLength > left) return { ...missing(ENOUGH), byteLength, source }
      left -= byteLength
      return decode(found, ref, source)
    }
    return (ref) => {
      const once = known.get(nameOf(ref)) ?? inTurn(() => read(ref))
      known.set(nameOf(ref), once)
      return once
    }
  }
}

const nameOf = ({ hash, network, kind }: PayloadRef) => `${network} ${kind} ${hash}`

const missing = (reason: string): Payload => ({ tensors: null, reason, byteLength: null, source: null })
const ENOUGH = `This query has had its ${MOST_BYTES_A_QUERY} bytes decoded: ask for fewer inputs and outputs at once.`
const tooLarge = (bytes: number) => `It has ${bytes} bytes, more than the ${MOST_BYTES} that are decoded here.`

function decode(bytes: Uint8Array, { hash, network, kind }: PayloadRef, source: 'inline' | 'archive'): Payload {
  const about = { byteLength: bytes.length, source }
  if (sha256Hex(bytes) !== hash.toLowerCase())
    return { ...about, tensors: null, reason: 'Its bytes have another hash than the one on chain.' }
  try {
    return { ...about, tensors: shownPayload(network, kind, bytes).tensors, reason: null }
  } catch (error) {
    if (!(error instanceof TensorFormatError)) throw error
    return { ...about, tensors: null, reason: `It is no encoding of tensors: ${error.message}.` }
  }
}

/** Runs at most so many at once, the rest after them, so that large files are not all in memory together. */
function takeTurns(most: number) {
  let running = 0
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      return await work()
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}
