import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import fc from 'fast-check'
import { type Hex, keccak256, toHex } from 'viem'
import { expect, test } from 'vitest'
import { batchOf, isIncluded, leafOf, MAX_BATCH } from '../../attestations/batch.ts'

const digests = (count: number, seed = 0): Hex[] =>
  Array.from({ length: count }, (_, i) => keccak256(toHex(`${seed}:${i}`)))

test("has the root and the proofs of OpenZeppelin's tree", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (count, seed) => {
      const all = digests(count, seed)
      const theirs = StandardMerkleTree.of(
        all.map((digest) => [digest]),
        ['bytes32'],
      )
      const batch = batchOf(all)
      expect([batch.root, batch.count]).toEqual([theirs.root, count])
      for (const digest of all) {
        const proof = batch.proofOf(digest)
        expect(proof).toEqual(theirs.getProof([digest]))
        expect(isIncluded(batch.root, digest, proof ?? [])).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})

test('includes nothing else: no stranger, no node for a leaf, no proof of another', () => {
  const all = digests(9)
  const batch = batchOf(all)
  const [stranger] = digests(1, 1) as [Hex]
  expect(batch.proofOf(stranger)).toBeUndefined()
  const proof = batch.proofOf(all[0] as Hex) as Hex[]
  expect(isIncluded(batch.root, stranger, proof)).toBe(false)
  expect(isIncluded(batch.root, all[1] as Hex, proof)).toBe(false)
  expect(isIncluded(batch.root, all[0] as Hex, proof.slice(1))).toBe(false)
  expect(isIncluded(batch.root, batch.root, [])).toBe(false)
})

test('does not depend on the order, and is of 1 to 4096 different attestations', () => {
  const all = digests(MAX_BATCH + 1)
  expect(batchOf(all.slice(0, 50)).root).toBe(batchOf(all.slice(0, 50).reverse()).root)
  expect(batchOf(all.slice(0, 1)).root).toBe(leafOf(all[0] as Hex))
  expect(batchOf(all.slice(1)).count).toBe(MAX_BATCH)
  for (const bad of [[], all, [...all.slice(0, 2), all[0] as Hex]]) expect(() => batchOf(bad)).toThrow(RangeError)
})
