import { type Batch, batchOf } from '../../../attestations/batch.ts'
import { digestsOf } from '../../../journal/anchorings.ts'
import type { AnchoringTable } from '../../../journal/attestation-tables.ts'
import { attestationsOf, type SignedRow } from '../../../journal/attestations.ts'
import { type AttestationMessage, published, type SignedAttestation } from '../../../protocol/attestation-json.ts'
import type { JournalReader } from '../journal.ts'

type Hex = `0x${string}`

/** Where an attestation's batch is anchored, and what shows that it is in it. */
export interface ShownAnchor {
  root: Hex
  /** attestations in the batch */
  count: number
  chainId: number
  /** the anchor contract */
  contract: Hex
  /** the account that anchored it */
  by: Hex
  transactionHash: Hex | null
  /** decimal */
  blockNumber: string
  /** Unix second, decimal */
  anchoredAt: string
  /** sister hashes, from the leaf up */
  proof: Hex[]
}

/** An attestation as the API shows it. */
export interface ShownAttestation extends SignedAttestation {
  /** the EIP-712 hash that is signed */
  digest: Hex
  /** Unix milliseconds */
  signedAt: number
  /** null while its batch is on no chain */
  anchor: ShownAnchor | null
}

/** Trees of the latest batches that were asked for; a batch never changes. Some 3 MB at most. */
const TREES = 4
const trees = new Map<string, Promise<Batch>>()

/** Attestations by result, in the order of the results, the latest judged first; for DataLoader. */
export async function attestationsByResult(
  journal: JournalReader,
  resultIds: readonly string[],
): Promise<ShownAttestation[][]> {
  const rows = (await journal.read((db) => attestationsOf(db, resultIds))) ?? []
  const shown = await shownAttestations(journal, rows)
  return resultIds.map((id) => shown.filter(({ message }) => message.resultId === id))
}

/** Rows of the journal as the API shows them. */
export async function shownAttestations(
  journal: JournalReader,
  rows: readonly SignedRow[],
): Promise<ShownAttestation[]> {
  const roots = [...new Set(rows.map(({ root }) => root).filter((root) => root !== null))]
  const anchorings = await anchored(journal, roots)
  return Promise.all(
    rows.map(async (row) => {
      const message = JSON.parse(row.message) as AttestationMessage
      const anchoring = row.root === null ? undefined : anchorings.get(row.root)
      return {
        ...published(message, row.signature as Hex, row.signer as Hex),
        ...{ digest: row.digest as Hex, signedAt: row.signedAt },
        anchor: anchoring ? await shownAnchor(journal, anchoring, row.digest as Hex) : null,
      }
    }),
  )
}

async function anchored(journal: JournalReader, roots: readonly string[]): Promise<Map<string, AnchoringTable>> {
  if (roots.length === 0) return new Map()
  const rows = await journal.read((db) =>
    db.selectFrom('anchoring').selectAll().where('root', 'in', roots).where('state', '=', 'anchored').execute(),
  )
  return new Map((rows ?? []).map((row) => [row.root, row]))
}

async function shownAnchor(journal: JournalReader, it: AnchoringTable, digest: Hex): Promise<ShownAnchor | null> {
  const proof = (await treeOf(journal, it.root)).proofOf(digest)
  if (!proof) return null
  return {
    ...{ root: it.root as Hex, count: it.count, chainId: it.chainId, contract: it.contract as Hex },
    ...{ by: it.sender as Hex, transactionHash: it.transactionHash as Hex | null },
    ...{ blockNumber: String(it.blockNumber), anchoredAt: String(it.anchoredAt), proof },
  }
}

function treeOf(journal: JournalReader, root: string): Promise<Batch> {
  const known = trees.get(root)
  if (known) return known
  const made = journal.read((db) => digestsOf(db, root)).then((digests) => batchOf(digests ?? []))
  made.catch(() => trees.delete(root))
  trees.set(root, made)
  for (const oldest of trees.keys()) {
    if (trees.size <= TREES) break
    trees.delete(oldest)
  }
  return made
}
