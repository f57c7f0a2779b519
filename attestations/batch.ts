import { concat, type Hex, keccak256 } from 'viem'

/** Most attestations of one batch: so many hashes take a fraction of a second. */
export const MAX_BATCH = 4096

/** A batch's leaf for an attestation, by its digest. Hashed twice more: the tree's nodes are hashes of two words. */
export function leafOf(digest: Hex): Hex {
  return keccak256(keccak256(digest))
}

/**
 * A Merkle tree over a batch of attestations, as OpenZeppelin's `StandardMerkleTree` of `['bytes32']` makes it and as their and
 * Solady's libraries verify it: leaves in the order of their hashes, pairs hashed in theirs.
 */
export interface Batch {
  readonly root: Hex
  readonly count: number
  /** What shows that a digest is in the batch; undefined when it is not. */
  proofOf(digest: Hex): Hex[] | undefined
}

/** @throws RangeError when there are none, too many, or one twice */
export function batchOf(digests: readonly Hex[]): Batch {
  const leaves = [...new Set(digests.map(leafOf))].sort()
  if (leaves.length === 0 || leaves.length > MAX_BATCH || leaves.length !== digests.length)
    throw new RangeError(`a batch has 1 to ${MAX_BATCH} attestations, each once`)
  // A heap: the children of i are at 2i + 1 and 2i + 2, the leaves at the end, the last one first.
  const size = 2 * leaves.length - 1
  const tree = new Array<Hex>(size)
  for (const [i, leaf] of leaves.entries()) tree[size - 1 - i] = leaf
  for (let i = size - 1 - leaves.length; i >= 0; i--) tree[i] = pair(at(tree, 2 * i + 1), at(tree, 2 * i + 2))
  const places = new Map(leaves.map((leaf, i) => [leaf, size - 1 - i]))
  return {
    root: at(tree, 0),
    count: leaves.length,
    proofOf(digest) {
      let place = places.get(leafOf(digest))
      if (place === undefined) return undefined
      const proof: Hex[] = []
      for (; place > 0; place = (place - 1) >> 1) proof.push(at(tree, place % 2 === 1 ? place + 1 : place - 1))
      return proof
    },
  }
}

/** Whether a proof leads from an attestation's digest to a root. */
export function isIncluded(root: Hex, digest: Hex, proof: readonly Hex[]): boolean {
  return proof.reduce(pair, leafOf(digest)) === root
}

function pair(a: Hex, b: Hex): Hex {
  return keccak256(a < b ? concat([a, b]) : concat([b, a]))
}

function at(tree: readonly Hex[], i: number): Hex {
  const node = tree[i]
  if (!node) throw new RangeError('no such node')
  return node
}
