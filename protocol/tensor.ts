/**
 * Element types a tensor can have, with their ONNX `TensorProto.DataType` code and size in bytes.
 *
 * Strings are absent on purpose: they have no fixed size, and no runtime here produces them from numbers.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (TensorProto.DataType)
 */
export const dtypes = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int8: { code: 3, bytes: 1 },
  uint16: { code: 4, bytes: 2 },
  int16: { code: 5, bytes: 2 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  bool: { code: 9, bytes: 1 },
  float16: { code: 10, bytes: 2 },
  float64: { code: 11, bytes: 8 },
  uint32: { code: 12, bytes: 4 },
  uint64: { code: 13, bytes: 8 },
} as const

/** Name of a tensor's element type, as ONNX Runtime's JavaScript API spells it. */
export type DType = keyof typeof dtypes

/** A tensor: element type, dimensions and the little-endian bytes of its elements in row-major order. */
export interface Tensor {
  readonly dtype: DType
  readonly dims: readonly number[]
  readonly data: Uint8Array
}

/** Tensors by name. A Map, not an object, because names come from strangers (`__proto__` is a legal name). */
export type NamedTensors = ReadonlyMap<string, Tensor>

/** Thrown when bytes are not the canonical encoding of named tensors, or tensors cannot be encoded. */
export class TensorFormatError extends Error {
  override name = 'TensorFormatError'
}

const MAGIC = Uint8Array.of(0x47, 0x53, 0x54, 0x31) // "GST1"
/** As many as the widest traces have tensors. */
const MAX_TENSORS = 16_384
const MAX_NAME_BYTES = 1024
const MAX_RANK = 16

const dtypeByCode = new Map<number, DType>(Object.entries(dtypes).map(([name, { code }]) => [code, name as DType]))

/** Number of elements that `dims` span (1 for a scalar). */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1)
}

/** Whether two tensors have the same element type and dimensions, so that their elements can be held against each other. */
export function sameShape(a: Tensor, b: Tensor): boolean {
  return a.dtype === b.dtype && a.dims.length === b.dims.length && a.dims.every((dim, axis) => dim === b.dims[axis])
}

/**
 * Encodes named tensors as the bytes whose sha256 goes on chain.
 *
 * Layout, all integers little-endian: `"GST1"`, u16 count, then for each tensor in ascending order of its UTF-8 name:
 * u16 name length, name, u8 dtype code (ONNX), u8 rank, rank × u32 dimension, elements. One set of tensors has exactly
 * one encoding, so equal hashes mean equal tensors.
 *
 * @throws TensorFormatError when a tensor's bytes do not fit its dtype and dims, or a limit is exceeded
 */
export function encodeTensors(tensors: NamedTensors): Uint8Array {
  const parts = encodingParts(tensors)
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/**
 * The same bytes in pieces, the elements not copied: for whoever only hashes them.
 *
 * @throws TensorFormatError as {@link encodeTensors}
 */
export function encodingParts(tensors: NamedTensors): Uint8Array[] {
  if (tensors.size > MAX_TENSORS) throw new TensorFormatError(`more than ${MAX_TENSORS} tensors`)
  const entries = [...tensors].map(([name, tensor]) => ({ name: utf8Bytes.encode(name), tensor }))
  if (entries.length > 1) entries.sort((a, b) => compareBytes(a.name, b.name))
  let size = MAGIC.length + 2
  for (const { name, tensor } of entries) size += 4 + name.length + 4 * tensor.dims.length
  // Everything but the elements, in one piece of memory.
  const heads = new Uint8Array(size)
  const view = new DataView(heads.buffer)
  heads.set(MAGIC)
  view.setUint16(4, entries.length, true)
  const parts: Uint8Array[] = []
  let start = 0
  let at = 6
  for (const { name, tensor } of entries) {
    const { code, bytes: width } = dtypes[tensor.dtype]
    if (name.length > MAX_NAME_BYTES) throw new TensorFormatError(`a name longer than ${MAX_NAME_BYTES} bytes`)
    if (tensor.dims.length > MAX_RANK) throw new TensorFormatError(`rank above ${MAX_RANK}`)
    if (!tensor.dims.every((dim) => Number.isInteger(dim) && dim >= 0 && dim < 2 ** 32))
      throw new TensorFormatError(`a dimension of [${tensor.dims}] is not an unsigned 32-bit integer`)
    if (tensor.data.length !== elementCount(tensor.dims) * width)
      throw new TensorFormatError(
        `${tensor.data.length} bytes of data, but ${tensor.dtype}[${tensor.dims}] takes ${elementCount(tensor.dims) * width}`,
      )
    view.setUint16(at, name.length, true)
    heads.set(name, at + 2)
    at += 2 + name.length
    heads[at++] = code
    heads[at++] = tensor.dims.length
    for (const dim of tensor.dims) {
      view.setUint32(at, dim, true)
      at += 4
    }
    parts.push(heads.subarray(start, at), tensor.data)
    start = at
  }
  if (start < size) parts.push(heads.subarray(start))
  return parts
}

const utf8Bytes = new TextEncoder()

/**
 * Decodes what {@link encodeTensors} encodes and nothing else: every other sequence of bytes throws, so that no two
 * byte strings mean the same tensors. Allocates no more than the input's own size. The tensors share the input's memory.
 *
 * @throws TensorFormatError naming the first thing that is wrong
 */
export function decodeTensors(encoded: Uint8Array): NamedTensors {
  // A Buffer's `slice` shares memory where a Uint8Array's copies; whoever gets these tensors shall not have to know.
  const bytes = new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (length: number, what: string): number => {
    if (length > bytes.length - at) throw new TensorFormatError(`ends inside ${what}`)
    const start = at
    at += length
    return start
  }
  const magic = take(MAGIC.length, 'its first four bytes')
  if (compareBytes(bytes.subarray(magic, magic + 4), MAGIC) !== 0)
    throw new TensorFormatError('does not start with "GST1"')
  const count = view.getUint16(take(2, 'the tensor count'), true)
  if (count > MAX_TENSORS) throw new TensorFormatError(`more than ${MAX_TENSORS} tensors`)

  const tensors = new Map<string, Tensor>()
  let previous: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    const nameLength = view.getUint16(take(2, 'a name length'), true)
    if (nameLength > MAX_NAME_BYTES) throw new TensorFormatError(`a name longer than ${MAX_NAME_BYTES} bytes`)
    const nameStart = take(nameLength, 'a name')
    const nameBytes = bytes.subarray(nameStart, nameStart + nameLength)
    if (previous && compareBytes(previous, nameBytes) >= 0) throw new TensorFormatError('names are not in order')
    previous = nameBytes
    const name = decodeUtf8(nameBytes)
    const dtype = dtypeByCode.get(view.getUint8(take(1, 'a dtype')))
    if (!dtype) throw new TensorFormatError(`an unknown dtype of tensor ${JSON.stringify(name.slice(0, 80))}`)
    const rank = view.getUint8(take(1, 'a rank'))
    if (rank > MAX_RANK) throw new TensorFormatError(`rank above ${MAX_RANK}`)
    const dims: number[] = []
    for (let axis = 0; axis < rank; axis++) dims.push(view.getUint32(take(4, 'the dimensions'), true))
    // Dimensions multiply past 2^53 long before they could be addressed; the comparison with what is left stays exact
    // because a product that lost precision is far larger than any input.
    const start = take(elementCount(dims) * dtypes[dtype].bytes, 'the elements')
    tensors.set(name, { dtype, dims, data: bytes.subarray(start, at) })
  }
  if (at !== bytes.length) throw new TensorFormatError(`${bytes.length - at} bytes after the last tensor`)
  return tensors
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new TensorFormatError('a name is not UTF-8')
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
