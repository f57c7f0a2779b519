import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BadProofError,
  chunkRoot,
  MerkleTree,
  merkleLeaf,
  merkleNode,
  merkleRoot,
  rootOf,
} from '../../protocol/proof/merkle.ts'
import { commitTensor, tensorHash } from '../../protocol/proof/tensor-commitment.ts'

const sha256 = (...parts: (Uint8Array | number[])[]) =>
  new Uint8Array(
    createHash('sha256')
      .update(Buffer.concat(parts.map(Buffer.from)))
      .digest(),
  )
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8))

const anyLeaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 40 })
/** leaves and a run of them */
const anyRun = anyLeaves.chain((leaves) =>
  fc
    .nat(leaves.length - 1)
    .chain((first) => fc.integer({ min: 1, max: leaves.length - first }).map((count) => ({ leaves, first, count }))),
)

describe('merkleRoot', () => {
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((i) => merkleLeaf(Uint8Array.of(i))) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]

  it('is what is written down', () => {
    expect(a).toEqual(sha256([0, 1]))
    expect(merkleNode(a, b)).toEqual(sha256([1], a, b))
    expect(merkleRoot([a])).toEqual(a)
    expect(merkleRoot([a, b, c])).toEqual(merkleNode(merkleNode(a, b), c))
    expect(merkleRoot([a, b, c, d, e])).toEqual(merkleNode(merkleNode(merkleNode(a, b), merkleNode(c, d)), e))
    expect(hex(merkleRoot([]))).toBe('0'.repeat(64))
  })

  it('does not repeat the last leaf to fill a level', () => {
    expect(merkleRoot([a, b, c])).not.toEqual(merkleRoot([a, b, c, c]))
  })
})

describe('chunkRoot', () => {
  it.each([1, 255, 256, 257, 512, 513, 1000, 5 * 256])('of %i bytes is the root over chunks of 256', (length) => {
    const bytes = bytesOf(length)
    const leaves: Uint8Array[] = []
    for (let at = 0; at < length; at += 256) leaves.push(merkleLeaf(bytes.slice(at, at + 256)))
    expect(chunkRoot(bytes)).toEqual(merkleRoot(leaves))
  })

  it('is zero without any byte', () => {
    expect(hex(chunkRoot(new Uint8Array()))).toBe('0'.repeat(64))
  })

  it('differs whenever a byte does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000, size: 'max' }), fc.nat(), (bytes, at) => {
        const changed = bytes.slice()
        changed[at % bytes.length] = 1 ^ (changed[at % bytes.length] as number)
        expect(chunkRoot(changed)).not.toEqual(chunkRoot(bytes))
        expect(chunkRoot(Uint8Array.of(...bytes, 0))).not.toEqual(chunkRoot(bytes))
      }),
    )
  })
})

describe('a proof', () => {
  it('of any run of leaves gives the root', () => {
    fc.assert(
      fc.property(anyRun, ({ leaves, first, count }) => {
        const tree = MerkleTree.ofLeaves(leaves)
        const run = leaves.slice(first, first + count)
        expect(rootOf(run, first, leaves.length, tree.proof(first, count))).toEqual(tree.root)
        expect(tree.root).toEqual(merkleRoot(leaves))
        expect(run).toEqual(run.map((_, i) => tree.leaf(first + i)))
      }),
      { numRuns: 500 },
    )
  })

  it('fails with any bit of a leaf or sibling changed, or at another place', () => {
    fc.assert(
      fc.property(anyRun, fc.nat(), fc.nat(255), ({ leaves, first, count }, which, bit) => {
        const tree = MerkleTree.ofLeaves(leaves)
        const shown = [...leaves.slice(first, first + count), ...tree.proof(first, count)]
        const changed = shown.map((hash) => hash.slice())
        const target = changed[which % changed.length] as Uint8Array
        target[bit >> 3] = (target[bit >> 3] as number) ^ (1 << (bit & 7))
        const root = (hashes: Uint8Array[], at: number) =>
          rootOf(hashes.slice(0, count), at, leaves.length, hashes.slice(count))
        expect(root(changed, first)).not.toEqual(tree.root)
        for (const elsewhere of [first - 1, first + 1]) {
          let found: Uint8Array | undefined
          try {
            found = root(shown, elsewhere)
          } catch (error) {
            expect(error).toBeInstanceOf(BadProofError)
          }
          // Equal leaves can be equal elsewhere too; random ones are not.
          if (new Set(leaves.map(hex)).size === leaves.length) expect(found).not.toEqual(tree.root)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('fails with siblings missing or left over, or leaves beyond the tree', () => {
    fc.assert(
      fc.property(anyRun, ({ leaves, first, count }) => {
        const siblings = MerkleTree.ofLeaves(leaves).proof(first, count)
        const run = leaves.slice(first, first + count)
        const size = leaves.length
        expect(() => rootOf(run, first, size, [...siblings, new Uint8Array(32)])).toThrow(BadProofError)
        if (siblings.length > 0) expect(() => rootOf(run, first, size, siblings.slice(1))).toThrow(BadProofError)
        expect(() => rootOf(run, size - count + 1, size, siblings)).toThrow(BadProofError)
        expect(() => rootOf([], first, size, siblings)).toThrow(BadProofError)
      }),
    )
  })

  it('is refused for leaves that are not there', () => {
    const tree = MerkleTree.ofChunks(bytesOf(1000))
    expect(tree.size).toBe(4)
    for (const [first, count] of [
      [0, 0],
      [4, 1],
      [-1, 1],
      [2, 3],
    ] as const)
      expect(() => tree.proof(first, count)).toThrow(RangeError)
  })
})

describe('tensorHash', () => {
  it('is sha256 of what Solidity packs: prefix, dtype, axis, dims padded to 32 bytes, root', () => {
    const root = bytesOf(32)
    const word = (value: number) => [
      ...new Uint8Array(28),
      value >>> 24,
      (value >> 16) & 255,
      (value >> 8) & 255,
      value & 255,
    ]
    expect(tensorHash({ dtype: 'float32', axis: -1, dims: [], root })).toEqual(sha256([2, 1, 255], root))
    expect(tensorHash({ dtype: 'int64', axis: 1, dims: [3, 70_000], root })).toEqual(
      sha256([2, 7, 1], word(3), word(70_000), root),
    )
    expect(tensorHash({ dtype: 'bool', axis: -2, dims: [0], root })).toEqual(sha256([2, 9, 254], word(0), root))
  })

  it('refuses what does not fit its field', () => {
    const root = bytesOf(32)
    expect(() => tensorHash({ dtype: 'float32', axis: 128, dims: [], root })).toThrow(RangeError)
    expect(() => tensorHash({ dtype: 'float32', axis: 0, dims: [2 ** 32], root })).toThrow(RangeError)
  })
})

describe('commitTensor', () => {
  it('commits to the elements with the axis moved last', () => {
    const tensor = { dtype: 'uint8', dims: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const
    const columns = commitTensor(tensor, -2)
    expect([...columns.bytes]).toEqual([1, 4, 2, 5, 3, 6])
    expect(columns.header.root).toEqual(merkleLeaf(Uint8Array.of(1, 4, 2, 5, 3, 6)))
    expect(columns.hash).toEqual(tensorHash({ dtype: 'uint8', axis: -2, dims: [2, 3], root: columns.tree.root }))
    expect(commitTensor(tensor, -1).hash).not.toEqual(columns.hash)
  })
})
