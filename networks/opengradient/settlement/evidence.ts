import type { Hex } from 'viem'
import { type Leaf, leafEncoding } from './leaf.ts'
import { MAX_EVIDENCE_BYTES, MAX_LEAVES, MAX_SIGNATURE_BYTES } from './limits.ts'

/** Thrown when evidence cannot be read; the message says what about it. Reading it again does not help. */
export class EvidenceError extends Error {
  override name = 'EvidenceError'
}

/** The evidence of a batch. */
export interface BatchEvidence {
  readonly leaves: readonly Leaf[]
  /** the tree as it was published, root first, and where in it each leaf stands; null where there is none that fits */
  readonly tree: { readonly nodes: readonly Hex[]; readonly places: readonly number[] } | null
}

/** The evidence of a settlement by itself: what it says beside what is on chain. */
export interface CallEvidence {
  readonly teeId: Hex
  readonly signature: Hex
  readonly timestamp: bigint
  readonly account: Hex
  /** the request and the answer as they were published: any JSON */
  readonly input: unknown
  readonly output: unknown
}

/**
 * Reads the evidence of a batch: what `StandardMerkleTree.dump()` gives, as JSON, which is what OpenGradient's facilitator
 * uploads; or a plain array of leaves. A leaf is an array of its five values, or an object that names them. Hashes are hex
 * with or without 0x, signatures 0x-prefixed hex or base64, times decimal text, hex or numbers.
 *
 * @throws EvidenceError
 */
export function readBatch(bytes: Uint8Array): BatchEvidence {
  const json = parse(bytes)
  const isDump = isRecord(json) && Array.isArray(json.values)
  const rows = isDump ? (json.values as unknown[]) : Array.isArray(json) ? json : undefined
  if (!rows) throw new EvidenceError('it is neither a dump of a StandardMerkleTree nor an array of leaves')
  const encoding = isDump ? (json.leafEncoding ?? json.types) : undefined
  if (encoding !== undefined && JSON.stringify(encoding) !== JSON.stringify(leafEncoding))
    throw new EvidenceError(`its leaves are not of the types ${leafEncoding.join(', ')}`)
  if (rows.length === 0) throw new EvidenceError('it has no leaves')
  if (rows.length > MAX_LEAVES)
    throw new EvidenceError(`it has ${rows.length} leaves; at most ${MAX_LEAVES} are checked`)
  const leaves = rows.map((row, at) => {
    try {
      return leafOf(isRecord(row) && row.value !== undefined ? row.value : row)
    } catch (error) {
      if (error instanceof EvidenceError) throw new EvidenceError(`leaf ${at} cannot be read: ${error.message}`)
      throw error
    }
  })
  return { leaves, tree: isDump ? treeIn(json.tree, rows) : null }
}

/**
 * Reads the evidence of a settlement by itself: a JSON object with `teeId`, `teeSignature`, `timestamp`, `ethAddress`,
 * `input` and `output`.
 *
 * @throws EvidenceError
 */
export function readCall(bytes: Uint8Array): CallEvidence {
  const json = parse(bytes)
  if (!isRecord(json)) throw new EvidenceError('it is not a JSON object')
  return {
    teeId: hash(pick(json, 'teeId', 'tee_id'), 'teeId'),
    signature: signatureOf(pick(json, 'teeSignature', 'tee_signature', 'signature')),
    timestamp: uint(pick(json, 'timestamp', 'tee_timestamp')),
    account: hex(pick(json, 'ethAddress', 'eth_address'), 20, 'ethAddress'),
    input: json.input,
    output: json.output,
  }
}

function parse(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_EVIDENCE_BYTES)
    throw new EvidenceError(`it has ${bytes.length} bytes; at most ${MAX_EVIDENCE_BYTES} are read`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new EvidenceError('it is not JSON')
  }
}

function leafOf(value: unknown): Leaf {
  const [teeId, inputHash, outputHash, signature, timestamp] = Array.isArray(value)
    ? value.length === leafEncoding.length
      ? value
      : []
    : isRecord(value)
      ? [
          pick(value, 'teeId', 'tee_id'),
          pick(value, 'inputHash', 'input_hash'),
          pick(value, 'outputHash', 'output_hash'),
          pick(value, 'signature', 'teeSignature', 'tee_signature'),
          pick(value, 'timestamp', 'tee_timestamp'),
        ]
      : []
  return {
    teeId: hash(teeId, 'teeId'),
    inputHash: hash(inputHash, 'inputHash'),
    outputHash: hash(outputHash, 'outputHash'),
    signature: signatureOf(signature),
    timestamp: uint(timestamp),
  }
}

function treeIn(tree: unknown, rows: readonly unknown[]): BatchEvidence['tree'] {
  const size = 2 * rows.length - 1
  if (!Array.isArray(tree) || tree.length !== size) return null
  const places = rows.map((row) => (isRecord(row) ? row.treeIndex : undefined))
  const isPlace = (place: unknown) =>
    Number.isInteger(place) && (place as number) >= rows.length - 1 && (place as number) < size
  if (!places.every(isPlace) || new Set(places).size !== places.length) return null
  if (!tree.every((node) => typeof node === 'string' && /^0x[0-9a-fA-F]{64}$/.test(node))) return null
  return { nodes: tree.map((node) => (node as string).toLowerCase() as Hex), places: places as number[] }
}

const hash = (value: unknown, name: string): Hex => hex(value, 32, name)

function hex(value: unknown, size: number, name: string): Hex {
  const digits = typeof value === 'string' ? value.trim().replace(/^0x/, '') : ''
  if (digits.length !== 2 * size || !/^[0-9a-fA-F]*$/.test(digits))
    throw new EvidenceError(`its ${name} is not ${size} bytes of hex`)
  return `0x${digits.toLowerCase()}`
}

function signatureOf(value: unknown): Hex {
  const text = typeof value === 'string' ? value.trim() : ''
  if (text.length > 4 * MAX_SIGNATURE_BYTES) throw new EvidenceError('its signature is too long')
  if (/^0x([0-9a-fA-F]{2})*$/.test(text)) return text.toLowerCase() as Hex
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) throw new EvidenceError('its signature is neither hex nor base64')
  return `0x${Buffer.from(text, 'base64').toString('hex')}`
}

function uint(value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  const text = typeof value === 'string' ? value.trim() : ''
  const isNumber = /^(\d{1,78}|0x[0-9a-fA-F]{1,64})$/.test(text)
  if (!isNumber || BigInt(text) >= 1n << 256n) throw new EvidenceError('its timestamp is not a uint256')
  return BigInt(text)
}

function pick(record: Record<string, unknown>, ...names: string[]): unknown {
  return names.map((name) => record[name]).find((value) => value !== undefined)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
