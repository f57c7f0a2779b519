import { concat, type Hex, keccak256 } from 'viem'

/** Parent of two nodes: keccak256 of both, the smaller one first. */
function parentOf(one: Hex, other: Hex): Hex {
  return keccak256(one < other ? concat([one, other]) : concat([other, one]))
}

/**
 * All nodes of the complete binary tree over these leaves, the root first, as StandardMerkleTree lays them out: the leaves
 * are last, in the reverse of their order.
 *
 * @param leaves hashes in lower case, at least one
 */
export function treeOf(leaves: readonly Hex[]): Hex[] {
  const nodes = new Array<Hex>(leaves.length - 1).concat([...leaves].reverse())
  for (let at = leaves.length - 2; at >= 0; at--)
    nodes[at] = parentOf(nodes[2 * at + 1] as Hex, nodes[2 * at + 2] as Hex)
  return nodes
}

/** The root over leaves in the order that StandardMerkleTree gives them by itself: ascending. Lower case, at least one. */
export function rootOf(leaves: readonly Hex[]): Hex {
  return treeOf([...leaves].sort())[0] as Hex
}

/** Whether these are the nodes of a tree whose inner nodes all follow from those below them; the first one is its root. */
export function isTree(nodes: readonly Hex[]): boolean {
  if (nodes.length % 2 === 0) return false
  for (let at = 0; 2 * at + 2 < nodes.length; at++)
    if (nodes[at] !== parentOf(nodes[2 * at + 1] as Hex, nodes[2 * at + 2] as Hex)) return false
  return true
}
