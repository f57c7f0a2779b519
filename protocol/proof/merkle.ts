import crypto from 'node:crypto'

/** Bytes of a chunk of a tensor; the last one of a tensor may be shorter. */
export const CHUNK_BYTES = 256

const HASH_BYTES = 32

/** Thrown when a proof has too few or too many siblings, or names leaves beyond the tree. */
export class BadProofError extends Error {
  override name = 'BadProofError'
}

/**
 * A Merkle tree with sha256, exactly as `contracts/src/proof/Merkle.sol` has it: leaf sha256(0x00 ‖ bytes), inner node
 * sha256(0x01 ‖ left ‖ right), a node without a partner moves up as it is, so no two lists share a root (Bitcoin's
 * CVE-2012-2459). Keeps every level, so that proofs cost no hashing.
 */
export class MerkleTree {
  /** hashes of each level side by side, leaves first */
  readonly #levels: readonly Uint8Array[]
  /** number of leaves */
  readonly size: number

  /** @param leaves hashes of the leaves, one after the other, 32 bytes each. Not copied */
  constructor(leaves: Uint8Array) {
    if (leaves.length % HASH_BYTES !== 0) throw new RangeError(`${leaves.length} bytes are no list of hashes`)
    this.size = leaves.length / HASH_BYTES
    const levels = [leaves]
    for (let level = leaves; level.length > HASH_BYTES; ) {
      level = above(level)
      levels.push(level)
    }
    this.#levels = levels
  }

  /** The tree over the chunks of some bytes: that of a tensor in stored order. */
  static ofChunks(bytes: Uint8Array): MerkleTree {
    const leaves = new Uint8Array(Math.ceil(bytes.length / CHUNK_BYTES) * HASH_BYTES)
    const prefixed = new Uint8Array(1 + CHUNK_BYTES)
    for (let from = 0, to = 0; from < bytes.length; from += CHUNK_BYTES, to += HASH_BYTES) {
      const chunk = bytes.subarray(from, from + CHUNK_BYTES)
      prefixed.set(chunk, 1)
      leaves.set(sha256(chunk.length < CHUNK_BYTES ? prefixed.subarray(0, 1 + chunk.length) : prefixed), to)
    }
    return new MerkleTree(leaves)
  }

  /** The tree that has these hashes as leaves. */
  static ofLeaves(leaves: readonly Uint8Array[]): MerkleTree {
    const packed = new Uint8Array(leaves.length * HASH_BYTES)
    for (const [index, leaf] of leaves.entries()) packed.set(leaf, index * HASH_BYTES)
    return new MerkleTree(packed)
  }

  /** 32 bytes; zeros for a tree without leaves. */
  get root(): Uint8Array {
    const top = this.#levels.at(-1) as Uint8Array
    return top.length === 0 ? new Uint8Array(HASH_BYTES) : top.slice()
  }

  /** Hash of the leaf at an index. @throws RangeError beyond the last */
  leaf(index: number): Uint8Array {
    if (!(index >= 0 && index < this.size)) throw new RangeError(`leaf ${index} of ${this.size}`)
    return at(this.#levels[0] as Uint8Array, index)
  }

  /**
   * What lies beside consecutive leaves: the siblings that {@link rootOf} and the contract need to compute the root,
   * from the bottom up, left before right.
   *
   * @throws RangeError when there are no such leaves
   */
  proof(first: number, count: number): Uint8Array[] {
    if (!(first >= 0 && count > 0 && first + count <= this.size))
      throw new RangeError(`leaves ${first} to ${first + count} of ${this.size}`)
    const siblings: Uint8Array[] = []
    let [from, to] = [first, first + count]
    for (const level of this.#levels) {
      if (level.length <= HASH_BYTES) break
      if (from % 2 === 1) siblings.push(at(level, from - 1))
      if (to % 2 === 1 && to * HASH_BYTES < level.length) siblings.push(at(level, to))
      from = from >> 1
      to = (to + 1) >> 1
    }
    return siblings
  }
}

/** Hash of a leaf's bytes. */
export function merkleLeaf(bytes: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + bytes.length)
  prefixed.set(bytes, 1)
  return new Uint8Array(sha256(prefixed))
}

/** Hash of two nodes side by side. */
export function merkleNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + 2 * HASH_BYTES)
  prefixed[0] = 1
  prefixed.set(left, 1)
  prefixed.set(right, 1 + HASH_BYTES)
  return new Uint8Array(sha256(prefixed))
}

/** Root of the tree that has these hashes as leaves; zeros without any. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return MerkleTree.ofLeaves(leaves).root
}

/** Root over the chunks of a tensor's bytes, 256 bytes each; zeros without any byte. */
export function chunkRoot(bytes: Uint8Array): Uint8Array {
  return MerkleTree.ofChunks(bytes).root
}

/**
 * Root of the tree of `size` leaves that has `leaves` from index `first` on: what the contract computes from a proof.
 * Mirrors `Merkle.root`.
 *
 * @param leaves hashes of the leaves
 * @param siblings as {@link MerkleTree.proof} gives them
 * @throws BadProofError when siblings are missing or left over, or there are no such leaves
 */
export function rootOf(
  leaves: readonly Uint8Array[],
  first: number,
  size: number,
  siblings: readonly Uint8Array[],
): Uint8Array {
  if (leaves.length === 0 || first < 0 || first + leaves.length > size)
    throw new BadProofError(`leaves ${first} to ${first + leaves.length} of ${size}`)
  let used = 0
  const next = (): Uint8Array => {
    const sibling = siblings[used++]
    if (!sibling) throw new BadProofError('siblings are missing')
    return sibling
  }
  let level = [...leaves]
  let from = first
  for (let width = size; width > 1; width = Math.ceil(width / 2), from = Math.floor(from / 2)) {
    if (from % 2 === 1) {
      level.unshift(next())
      from--
    }
    if (level.length % 2 === 1 && from + level.length < width) level.push(next())
    const higher: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Uint8Array, level[i + 1]]
      higher.push(right ? merkleNode(left, right) : left)
    }
    level = higher
  }
  if (used !== siblings.length) throw new BadProofError('siblings are left over')
  return level[0] as Uint8Array
}

function above(level: Uint8Array): Uint8Array {
  const count = level.length / HASH_BYTES
  const higher = new Uint8Array(Math.ceil(count / 2) * HASH_BYTES)
  const pair = new Uint8Array(1 + 2 * HASH_BYTES)
  pair[0] = 1
  for (let from = 0, to = 0; from < level.length; from += 2 * HASH_BYTES, to += HASH_BYTES) {
    const nodes = level.subarray(from, from + 2 * HASH_BYTES)
    if (nodes.length === HASH_BYTES) higher.set(nodes, to)
    else {
      pair.set(nodes, 1)
      higher.set(sha256(pair), to)
    }
  }
  return higher
}

function at(level: Uint8Array, index: number): Uint8Array {
  return level.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES)
}

/** `crypto.hash` takes half the time of `createHash` for what is this short; Node has it from 20.12 on. */
const sha256: (bytes: Uint8Array) => Uint8Array = crypto.hash
  ? (bytes) => crypto.hash('sha256', bytes, 'buffer')
  : (bytes) => crypto.createHash('sha256').update(bytes).digest()
