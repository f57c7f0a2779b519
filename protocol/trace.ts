import { gunzipSync, gzipSync } from 'node:zlib'
import { decodeTensors, encodeTensors, type NamedTensors, type Tensor, TensorFormatError } from './tensor.ts'

/** One tensor of a trace. */
export interface TraceEntry {
  readonly name: string
  readonly tensor: Tensor
}

/** The tensors of a run in the order of their commitment, see `proof/commit-trace.ts`. No name occurs twice. */
export type Trace = readonly TraceEntry[]

/** Thrown when bytes are not the canonical encoding of a trace, or a trace cannot be encoded. */
export class TraceFormatError extends Error {
  override name = 'TraceFormatError'
}

/** Most tensors a trace can have. ONNX Runtime itself gives up on models of about this many operators. */
export const MAX_TRACE_ENTRIES = 65_536

const MAGIC = Uint8Array.of(0x47, 0x53, 0x52, 0x31) // "GSR1"

/**
 * Encodes a trace as bytes; {@link packTrace} makes what a node publishes.
 *
 * Layout, integers little-endian: `"GSR1"`, u32 count, then for each tensor u32 length and {@link encodeTensors} of this
 * one tensor. One trace has exactly one encoding.
 *
 * @throws TraceFormatError when a limit is exceeded or a name occurs twice
 */
export function encodeTrace(trace: Trace): Uint8Array {
  checkNames(trace)
  const entries = trace.map(encodeEntry)
  const size = entries.reduce((sum, entry) => sum + 4 + entry.length, MAGIC.length + 4)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(4, entries.length, true)
  let at = 8
  for (const entry of entries) {
    if (entry.length >= 2 ** 32) throw new TraceFormatError('a tensor of 4 GiB or more')
    view.setUint32(at, entry.length, true)
    bytes.set(entry, at + 4)
    at += 4 + entry.length
  }
  return bytes
}

/**
 * Decodes what {@link encodeTrace} encodes and nothing else. Allocates no more than the input's own size; the tensors
 * share the input's memory.
 *
 * @throws TraceFormatError naming the first thing that is wrong
 */
export function decodeTrace(bytes: Uint8Array): Trace {
  if (bytes.length < 8 || !MAGIC.every((byte, i) => bytes[i] === byte))
    throw new TraceFormatError('does not start with "GSR1" and a count')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = view.getUint32(4, true)
  if (count > MAX_TRACE_ENTRIES) throw new TraceFormatError(`more than ${MAX_TRACE_ENTRIES} tensors`)
  const trace: TraceEntry[] = []
  let at = 8
  for (let i = 0; i < count; i++) {
    if (bytes.length - at < 4) throw new TraceFormatError(`ends inside the length of tensor ${i}`)
    const length = view.getUint32(at, true)
    at += 4
    if (length > bytes.length - at) throw new TraceFormatError(`ends inside tensor ${i}`)
    trace.push(decodeEntry(bytes.subarray(at, at + length), i))
    at += length
  }
  if (at !== bytes.length) throw new TraceFormatError(`${bytes.length - at} bytes after the last tensor`)
  checkNames(trace)
  return trace
}

/** What a node publishes: the encoding of a trace, compressed. */
export function packTrace(trace: Trace): Uint8Array {
  return gzipSync(encodeTrace(trace), { level: 1 })
}

/**
 * Reads what {@link packTrace} writes.
 *
 * @param maxBytes most bytes that it may take unpacked: a few packed ones can stand for as many as a stranger likes
 * @throws TraceFormatError when it is not that, or larger
 */
export function unpackTrace(packed: Uint8Array, maxBytes: number): Trace {
  let bytes: Uint8Array
  try {
    bytes = gunzipSync(packed, { maxOutputLength: maxBytes })
  } catch (cause) {
    throw new TraceFormatError(`not compressed, or larger than ${maxBytes} bytes`, { cause })
  }
  return decodeTrace(bytes)
}

function encodeEntry({ name, tensor }: TraceEntry): Uint8Array {
  try {
    return encodeTensors(new Map([[name, tensor]]))
  } catch (cause) {
    throw asTraceError(cause)
  }
}

function decodeEntry(bytes: Uint8Array, index: number): TraceEntry {
  let tensors: NamedTensors
  try {
    tensors = decodeTensors(bytes)
  } catch (cause) {
    throw asTraceError(cause, `tensor ${index}: `)
  }
  const [first, ...others] = tensors
  if (!first || others.length > 0) throw new TraceFormatError(`tensor ${index} is ${tensors.size} tensors`)
  return { name: first[0], tensor: first[1] }
}

function checkNames(trace: Trace): void {
  if (trace.length > MAX_TRACE_ENTRIES) throw new TraceFormatError(`more than ${MAX_TRACE_ENTRIES} tensors`)
  const names = new Set<string>()
  for (const { name } of trace) {
    if (names.has(name)) throw new TraceFormatError(`two tensors named ${JSON.stringify(name.slice(0, 80))}`)
    names.add(name)
  }
}

function asTraceError(cause: unknown, where = ''): unknown {
  return cause instanceof TensorFormatError ? new TraceFormatError(`${where}${cause.message}`, { cause }) : cause
}
