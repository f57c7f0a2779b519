import { dtypes, type Tensor } from '../tensor.ts'
import { positionOf, stored } from './layout.ts'
import { CHUNK_BYTES, MerkleTree } from './merkle.ts'
import { type TensorHeader, tensorHash } from './tensor-commitment.ts'

/** Consecutive chunks with the proof that they are the tensor's own. */
export interface Run {
  readonly first: number
  readonly data: Uint8Array
  readonly siblings: readonly Uint8Array[]
}

/** A tensor of a trace or a constant of the model, with those of its chunks that matter. */
export interface Opening {
  readonly tensor: TensorHeader
  /** from the tensor's commitment to the trace's root; empty for a constant */
  readonly path: readonly Uint8Array[]
  readonly runs: readonly Run[]
}

/** Chunks this close together are shown as one run: a chunk costs less gas than another proof. */
const GAP = 2

/** A tensor with its commitment, which is made when first asked for. */
export class CommittedTensor {
  readonly tensor: Tensor
  readonly axis: number
  #bytes: Uint8Array | undefined
  #tree: MerkleTree | undefined
  #header: TensorHeader | undefined
  #hash: Uint8Array | undefined

  /** @param axis which axis is stored last; negative counts from the end */
  constructor(tensor: Tensor, axis: number) {
    this.tensor = tensor
    this.axis = axis
  }

  get header(): TensorHeader {
    const { dtype, dims } = this.tensor
    this.#header ??= { dtype, axis: this.axis, dims, root: this.#chunks().root }
    return this.#header
  }

  /** The commitment: 32 bytes. */
  get hash(): Uint8Array {
    this.#hash ??= tensorHash(this.header)
    return this.#hash
  }

  /** The runs that show the elements at these row-major indices. */
  show(indices: Iterable<number>): Run[] {
    const { dims, dtype } = this.tensor
    const width = dtypes[dtype].bytes
    const bytes: number[] = []
    for (const index of indices) bytes.push(positionOf(dims, this.axis, index) * width)
    // An element never crosses a chunk: widths divide its size.
    return this.showBytes(bytes)
  }

  /** The runs that show the stored bytes at these positions. */
  showBytes(positions: Iterable<number>): Run[] {
    const chunks = [...new Set(Array.from(positions, (position) => Math.floor(position / CHUNK_BYTES)))].sort(
      (a, b) => a - b,
    )
    const stretches: { first: number; last: number }[] = []
    for (const chunk of chunks) {
      const before = stretches.at(-1)
      if (before && chunk - before.last <= GAP) before.last = chunk
      else stretches.push({ first: chunk, last: chunk })
    }
    return stretches.map(({ first, last }) => this.chunks(first, last - first + 1))
  }

  /** These chunks. */
  chunks(first: number, count: number): Run {
    const data = this.#stored().subarray(first * CHUNK_BYTES, (first + count) * CHUNK_BYTES)
    return { first, data, siblings: this.#chunks().proof(first, count) }
  }

  #stored(): Uint8Array {
    this.#bytes ??= stored(this.tensor, this.axis)
    return this.#bytes
  }

  #chunks(): MerkleTree {
    this.#tree ??= MerkleTree.ofChunks(this.#stored())
    return this.#tree
  }
}
