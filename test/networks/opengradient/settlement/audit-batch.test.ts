import fc from 'fast-check'
import { type Hex, hexToBytes, toHex } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Registration } from '../../../../networks/opengradient/settlement/audit.ts'
import { auditBatch } from '../../../../networks/opengradient/settlement/audit-batch.ts'
import { dumpOf, makeTee, type Row, registryOf, signedRow, signedRows, type Tee, treeOver } from './tees.ts'

const NOW = 1_790_000_000n
const named = async () => true
const unnamed = async () => false
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
type Dump = { values: { value: Row; treeIndex: number }[]; tree: Hex[] }
const parsed = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Dump

let tees: Tee[]
let rows: Row[]
let tree: ReturnType<typeof treeOver>
beforeAll(async () => {
  tees = [makeTee(), makeTee(), makeTee(3072)]
  rows = await signedRows(tees, 33, NOW - 10n)
  tree = treeOver(rows)
})

const batchOf = (root: string, size: number) => ({
  merkleRoot: root as Hex,
  batchSize: BigInt(size),
  blockTime: NOW,
})
const audit = (evidence: Uint8Array, { isNamed = named, registry = registryOf(tees) } = {}) =>
  auditBatch(batchOf(tree.root, rows.length), evidence, isNamed, registry)
/** Settles these leaves, as they are, and audits them. */
const settled = (changed: Row[], registry = registryOf(tees), size = changed.length) => {
  const other = treeOver(changed)
  return auditBatch(batchOf(other.root, size), dumpOf(other), named, registry)
}
/** The findings without their words. */
const found = (it: Awaited<ReturnType<typeof audit>>) =>
  it.kind === 'mismatch' ? it.findings.map(({ kind, leaf }) => `${kind} ${leaf ?? '-'}`) : it

describe('an honest batch', () => {
  it('of 10,000 leaves, signed by real keys and rooted by OpenZeppelin’s library, is audited', async () => {
    const many = await signedRows(tees.slice(0, 2), 10_000, NOW)
    const it = await settled(many)
    expect(it).toEqual({ kind: 'audited', leaves: 10_000, registryAt: 'block', outputConfirmed: null })
  })

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 31])('of %i leaves is audited', async (count) => {
    expect(await settled(rows.slice(0, count))).toMatchObject({ kind: 'audited', leaves: count })
  })

  it('is audited when its evidence is a plain array, or names what is in a leaf, or has base64', async () => {
    expect(await audit(json(rows))).toMatchObject({ kind: 'audited' })
    const objects = rows.map(([teeId, input_hash, outputHash, signature, timestamp]) => ({
      ...{ teeId: teeId.slice(2), input_hash, outputHash, timestamp: Number(timestamp) },
      teeSignature: Buffer.from(hexToBytes(signature)).toString('base64'),
    }))
    expect(await audit(json(objects))).toMatchObject({ kind: 'audited' })
  })

  it('is audited though its tree is not sorted, since the root commits to its order', async () => {
    const { StandardMerkleTree } = await import('@openzeppelin/merkle-tree')
    const types = ['bytes32', 'bytes32', 'bytes32', 'bytes', 'uint256']
    const unsorted = StandardMerkleTree.of(rows, types, { sortLeaves: false })
    expect(unsorted.root).not.toBe(tree.root)
    const it = await auditBatch(batchOf(unsorted.root, rows.length), json(unsorted.dump()), unnamed, registryOf(tees))
    expect(it.kind).toBe('audited')
  })
})

describe('tampering is told apart', () => {
  it('a leaf that was changed in the evidence alone is named, where the published tree shows it', async () => {
    const dump = parsed(dumpOf(tree))
    const row = dump.values[7]?.value as Row
    row[2] = `0x${'ab'.repeat(32)}`
    expect(found(await audit(json(dump)))).toEqual(['leaf 7'])
  })

  it('a changed leaf without a tree that shows it is a matter of the root', async () => {
    const changed = rows.map((row): Row => [...row])
    ;(changed[7] as Row)[4] = '5'
    expect(found(await audit(json(changed)))).toEqual(['root -'])
    const dump = parsed(dumpOf(tree))
    dump.tree[3] = `0x${'00'.repeat(32)}`
    ;(dump.values[0]?.value as Row)[4] = '5'
    expect(found(await audit(json(dump)))).toEqual(['root -'])
  })

  it('another root on chain', async () => {
    const root = `0x${'12'.repeat(32)}`
    const it = await auditBatch(batchOf(root, rows.length), dumpOf(tree), named, registryOf(tees))
    expect(found(it)).toEqual(['root -'])
  })

  it('another number of leaves', async () => {
    expect(found(await settled(rows, registryOf(tees), 34))).toEqual(['batchSize -'])
  })

  it('a leaf that is missing from the evidence', async () => {
    expect(found(await audit(json(rows.slice(1))))).toEqual(['root -', 'batchSize -'])
  })

  it('a signature over something else, and one that is cut', async () => {
    const changed = rows.map((row): Row => [...row])
    ;(changed[4] as Row)[3] = rows[7]?.[3] as Hex
    ;(changed[9] as Row)[3] = `${rows[9]?.[3]}`.slice(0, -2) as Hex
    const at = changed.map(String)
    expect(await settled(changed).then(found)).toEqual([
      `signature ${at.indexOf(String(changed[4]))}`,
      `signature ${at.indexOf(String(changed[9]))}`,
    ])
  })

  it('the key of another TEE', async () => {
    const [one, other] = tees as [Tee, Tee]
    const [, ...rest] = await signedRow(other, 99, NOW)
    const it = await settled([...rows, [one.id, ...rest]])
    expect(found(it)).toEqual(['otherKey 33'])
    expect(JSON.stringify(it)).toContain(other.id)
  })

  it('a registry whose key is not the one that signed', async () => {
    const [one] = tees as [Tee]
    const swapped = new Map<Hex, Registration>([
      [one.id, { kind: 'registered', at: 'block', publicKey: makeTee().publicKey, enabled: true, registeredAt: 1n }],
    ])
    expect(found(await settled(rows.slice(0, 3), registryOf(tees, swapped)))).toEqual(['otherKey 0'])
  })

  it('a TEE that is not registered, was registered later, is disabled, or has no usable key', async () => {
    const stranger = makeTee()
    expect(found(await settled([await signedRow(stranger, 1, NOW)]))).toEqual(['unregistered 0'])
    const [one] = tees as [Tee]
    const as = (other: Partial<Extract<Registration, { kind: 'registered' }>>) => {
      const usual = {
        kind: 'registered',
        at: 'block',
        publicKey: one.publicKey,
        enabled: true,
        registeredAt: 1n,
      } as const
      return registryOf(tees, new Map<Hex, Registration>([[one.id, { ...usual, ...other }]]))
    }
    const single = [await signedRow(one, 1, NOW - 5n)]
    expect(found(await settled(single, as({ registeredAt: NOW - 4n })))).toEqual(['registeredLater 0'])
    expect((await settled(single, as({ registeredAt: NOW - 5n }))).kind).toBe('audited')
    expect(found(await settled(single, as({ enabled: false })))).toEqual(['disabled 0'])
    expect(found(await settled(single, as({ publicKey: '0x3001' })))).toEqual(['unusableKey 0'])
    expect(found(await settled(single, as({ publicKey: makeTee(1024).publicKey })))).toEqual(['unusableKey 0'])
  })

  it('a time long after the block, and one long before it', async () => {
    const [one] = tees as [Tee]
    const at = async (...times: bigint[]) =>
      found(await settled(await Promise.all(times.map((t, i) => signedRow(one, i, t)))))
    expect(await at(NOW + 301n)).toEqual(['future 0'])
    expect(await at(NOW - 7n * 86_400n - 1n)).toEqual(['stale 0'])
    expect(await at(NOW + 300n, NOW - 7n * 86_400n)).toMatchObject({ kind: 'audited' })
  })

  it('the same leaf twice', async () => {
    expect(found(await settled([...rows, rows[5] as Row]))).toEqual(['duplicate 33'])
  })
})

describe('what cannot be told is undetermined', () => {
  it('and tried again, when a server may have changed what the root does not commit to', async () => {
    const served = json(rows.slice(1))
    expect(await audit(served, { isNamed: unnamed })).toMatchObject({ kind: 'undetermined', retry: true })
    expect(await audit(json('no'), { isNamed: unnamed })).toMatchObject({ kind: 'undetermined', retry: true })
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['no JSON', new TextEncoder().encode('{')],
    ['no UTF-8', new Uint8Array([0xff, 0xfe])],
    ['another format', json({ leaves: [] })],
    ['no leaf', json([])],
    ['a leaf of four values', json([[1, 2, 3, 4]])],
    ['leaves of other types', json({ leafEncoding: ['address'], values: [] })],
    ['nesting without end', new TextEncoder().encode('['.repeat(1_000_000))],
    ['too many leaves', json(Array.from({ length: 65_537 }, () => 0))],
  ])('for good, when the evidence is %s', async (_, evidence) => {
    expect(await audit(evidence)).toMatchObject({ kind: 'undetermined', retry: false })
  })

  it('when the registry does not answer, but for what is certain without it', async () => {
    const silent = async (ids: readonly Hex[]) =>
      new Map(ids.map((id) => [id, { kind: 'unread', reason: 'no answer' } as Registration]))
    expect(await settled(rows, silent)).toMatchObject({ kind: 'undetermined', retry: true })
    expect(found(await settled([...rows, rows[5] as Row], silent))).toEqual(['duplicate 33'])
  })

  it('where only the registry’s latest state is known, and it does not hold for the settlement’s block', async () => {
    const [one] = tees as [Tee]
    const single = [await signedRow(one, 1, NOW - 5n)]
    const usual = {
      kind: 'registered',
      at: 'latest',
      publicKey: one.publicKey,
      enabled: true,
      registeredAt: 1n,
    } as const
    const as = (registration: Registration) => settled(single, registryOf([], new Map([[one.id, registration]])))
    expect(await as(usual)).toMatchObject({ kind: 'audited', registryAt: 'latest' })
    expect(await as({ ...usual, enabled: false })).toMatchObject({ kind: 'undetermined' })
    expect(await as({ kind: 'unregistered', at: 'latest' })).toMatchObject({ kind: 'undetermined' })
    expect(await as({ ...usual, publicKey: makeTee().publicKey })).toMatchObject({ kind: 'undetermined' })
    // Signed with a key that the TEE can never have had.
    const [, ...rest] = await signedRow(makeTee(), 1, NOW - 5n)
    const forged = await settled([[one.id, ...rest]], registryOf([], new Map([[one.id, usual]])))
    expect(found(forged)).toEqual(['signature 0'])
  })
})

it('any change of one byte of any field of any leaf is found, in the evidence alone and in what is settled', async () => {
  const small = rows.slice(0, 6)
  const honest = treeOver(small)
  await fc.assert(
    fc.asyncProperty(
      fc.record({ leaf: fc.nat(5), field: fc.nat(4), byte: fc.nat(383), by: fc.integer({ min: 1, max: 255 }) }),
      async ({ leaf, field, byte, by }) => {
        const changed = small.map((row): Row => [...row])
        const row = changed[leaf] as Row
        if (field === 4) row[4] = String(BigInt(row[4]) ^ (BigInt(by) << BigInt(8 * (byte % 32))))
        else {
          const bytes = hexToBytes(row[field] as Hex)
          bytes[byte % bytes.length] = (bytes[byte % bytes.length] as number) ^ by
          row[field] = toHex(bytes)
        }
        const published = parsed(dumpOf(honest))
        published.values.forEach((value, i) => {
          value.value = changed[i] as Row
        })
        const evidence = await auditBatch(batchOf(honest.root, 6), json(published), named, registryOf(tees))
        expect(found(evidence)).toEqual([`leaf ${leaf}`])
        const settledSo = await settled(changed)
        expect(settledSo.kind === 'mismatch' && settledSo.findings.every((one) => one.leaf === leaf)).toBe(true)
      },
    ),
    { numRuns: 200 },
  )
})
