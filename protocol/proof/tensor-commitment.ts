import { createHash } from 'node:crypto'
import { type DType, dtypes, type Tensor } from '../tensor.ts'
import { stored } from './layout.ts'
import { MerkleTree } from './merkle.ts'

/** What a commitment says of a tensor; `Tensor` in `contracts/src/proof/Tensors.sol`. */
export interface TensorHeader {
  readonly dtype: DType
  /** which axis is stored last, as an int8; negative counts from the end, -1 is plain row-major order */
  readonly axis: number
  readonly dims: readonly number[]
  /** Merkle root over the chunks of its little-endian bytes in stored order; zeros without any element */
  readonly root: Uint8Array
}

/** The largest rank and number of elements that a commitment may have: the contract refuses more. */
export const MAX_COMMITTED_RANK = 16
export const MAX_COMMITTED_ELEMENTS = 2 ** 40

/**
 * The commitment to a tensor: sha256(0x02 ‖ dtype ‖ axis ‖ dims, 32 bytes each ‖ root). Mirrors `Tensors.hash`.
 *
 * @returns 32 bytes
 * @throws RangeError when a dimension is no unsigned 32-bit integer or the axis no int8
 */
export function tensorHash({ dtype, axis, dims, root }: TensorHeader): Uint8Array {
  if (!Number.isInteger(axis) || axis < -128 || axis > 127) throw new RangeError(`axis ${axis}`)
  const bytes = new Uint8Array(3 + 32 * dims.length + 32)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 2)
  view.setUint8(1, dtypes[dtype].code)
  view.setInt8(2, axis)
  for (const [index, dim] of dims.entries()) {
    if (!Number.isInteger(dim) || dim < 0 || dim >= 2 ** 32) throw new RangeError(`dimension ${dim}`)
    view.setUint32(3 + 32 * index + 28, dim)
  }
  bytes.set(root, bytes.length - 32)
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** A tensor with everything that a proof about it needs. */
export interface CommittedTensor {
  readonly header: TensorHeader
  readonly hash: Uint8Array
  /** its bytes in stored order */
  readonly bytes: Uint8Array
  readonly tree: MerkleTree
}

/** Commits to a tensor with one axis stored last. */
export function commitTensor(tensor: Tensor, axis: number): CommittedTensor {
  const bytes = stored(tensor, axis)
  const tree = MerkleTree.ofChunks(bytes)
  const header = { dtype: tensor.dtype, axis, dims: tensor.dims, root: tree.root }
  return { header, hash: tensorHash(header), bytes, tree }
}
