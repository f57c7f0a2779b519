import type { Hex } from 'viem'
import { type Audit, concluded, type Registry, undetermined } from './audit.ts'
import { checkLeaves } from './check-leaves.ts'
import { type BatchEvidence, EvidenceError, readBatch } from './evidence.ts'
import type { Finding } from './finding.ts'
import { leafHash } from './leaf.ts'
import { isTree, rootOf } from './tree.ts'

/** What the chain says of a batch. */
export interface SettledBatch {
  readonly merkleRoot: Hex
  readonly batchSize: bigint
  /** Unix second of its block */
  readonly blockTime: bigint
}

/**
 * Audits a batch of settled calls: its leaves have the root on chain, are as many as it says, all different, and each is
 * signed by the TEE that it names, with the key registered for it, for a time that makes sense.
 *
 * @param evidence the bytes that are said to be those of the batch's Walrus blob
 * @param isNamed whether the blob id names these very bytes. Asked only where the root does not commit to them: without it
 *   nobody could tell a publisher who lies from a server that does
 */
export async function auditBatch(
  batch: SettledBatch,
  evidence: Uint8Array,
  isNamed: () => Promise<boolean>,
  registry: Registry,
): Promise<Audit> {
  let read: BatchEvidence
  try {
    read = readBatch(evidence)
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    return undetermined(`the evidence cannot be read: ${error.message}`, !(await isNamed()))
  }
  const { leaves } = read
  const root = batch.merkleRoot.toLowerCase() as Hex
  const hashes = leaves.map(leafHash)
  const about = { leaves: leaves.length, registryAt: null, outputConfirmed: null }
  const findings: Finding[] = []
  const sizes = `${leaves.length} leaves were published, ${batch.batchSize} settled`
  if (BigInt(leaves.length) !== batch.batchSize)
    findings.push({ kind: 'batchSize', leaf: null, teeId: null, detail: sizes })
  const computed = rootOf(hashes)
  if (computed !== root && !hasRoot(read, hashes, root)) {
    if (!(await isNamed()))
      return undetermined('what was served is not what the blob id names, nor what the root commits to', true)
    // The leaves are not what was settled, so nothing that they say accuses a TEE.
    return concluded([...changedLeaves(read, hashes, root, computed), ...findings], undefined, about)
  }
  const first = new Map<Hex, number>()
  hashes.forEach((hash, at) => {
    const before = first.get(hash)
    if (before === undefined) first.set(hash, at)
    else {
      const { teeId } = leaves[at] as (typeof leaves)[number]
      findings.push({ kind: 'duplicate', leaf: at, teeId, detail: `the same as leaf ${before}` })
    }
  })
  const check = await checkLeaves(leaves, batch.blockTime, registry)
  return concluded([...findings, ...check.findings], check.doubt, { ...about, registryAt: check.registryAt })
}

/** Whether the leaves, at the places where they were published, belong to a tree with this root: it need not be sorted. */
function hasRoot({ tree }: BatchEvidence, hashes: readonly Hex[], root: Hex): boolean {
  if (!tree || tree.nodes[0] !== root || !isTree(tree.nodes)) return false
  return hashes.every((hash, at) => tree.nodes[tree.places[at] as number] === hash)
}

function changedLeaves({ leaves, tree }: BatchEvidence, hashes: readonly Hex[], root: Hex, computed: Hex): Finding[] {
  if (!tree || tree.nodes[0] !== root || !isTree(tree.nodes))
    return [
      { kind: 'root', leaf: null, teeId: null, detail: `the leaves have the root ${computed}, settled is ${root}` },
    ]
  return hashes.flatMap((hash, at) => {
    const settled = tree.nodes[tree.places[at] as number]
    if (settled === hash) return []
    const { teeId } = leaves[at] as (typeof leaves)[number]
    return [{ kind: 'leaf' as const, leaf: at, teeId, detail: `its hash is ${hash}, the root commits to ${settled}` }]
  })
}
