import type { Insertable, Selectable } from 'kysely'
import type { AnchoringTable } from './attestation-tables.ts'
import type { Journal } from './open.ts'

/** A batch as the journal has it. */
export type Anchoring = Selectable<AnchoringTable>

/** Digests of signed attestations that are in no batch, oldest first. */
export async function unanchored(journal: Journal, limit: number): Promise<`0x${string}`[]> {
  const rows = await journal
    .selectFrom('attestation')
    .select('digest')
    .where('state', '=', 'signed')
    .where('root', 'is', null)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ digest }) => digest as `0x${string}`)
}

/** Records a batch, before anything is signed: from here on its attestations belong to it. */
export async function intendBatch(
  journal: Journal,
  digests: readonly string[],
  {
    contract,
    sender,
    ...batch
  }: Pick<Insertable<AnchoringTable>, 'root' | 'count' | 'chainId' | 'contract' | 'sender'>,
  now: number,
): Promise<void> {
  const lower = { contract: contract.toLowerCase(), sender: sender.toLowerCase() }
  const open = {
    state: 'intended' as const,
    transactionHash: null,
    blockNumber: null,
    anchoredAt: null,
    createdAt: now,
  }
  await journal.transaction().execute(async (db) => {
    await db
      .insertInto('anchoring')
      .values({ ...batch, ...lower, ...open })
      .execute()
    // SQLite takes some thousands of variables at once.
    for (let i = 0; i < digests.length; i += 500)
      await db
        .updateTable('attestation')
        .set({ root: batch.root })
        .where('digest', 'in', digests.slice(i, i + 500))
        .where('state', '=', 'signed')
        .execute()
  })
}

/** The batch that is not anchored yet; at most one ever is. */
export function openBatch(journal: Journal): Promise<Anchoring | undefined> {
  return journal
    .selectFrom('anchoring')
    .selectAll()
    .where('state', '<>', 'anchored')
    .orderBy('createdAt')
    .executeTakeFirst()
}

/** Records the transaction of a batch, before it is broadcast. */
export async function sentBatch(journal: Journal, root: string, transactionHash: string): Promise<void> {
  await journal.updateTable('anchoring').set({ state: 'sent', transactionHash }).where('root', '=', root).execute()
}

/** Records that the chain has a batch. */
export async function anchoredBatch(
  journal: Journal,
  root: string,
  at: { blockNumber: number; anchoredAt: number },
): Promise<void> {
  await journal
    .updateTable('anchoring')
    .set({ state: 'anchored', ...at })
    .where('root', '=', root)
    .execute()
}

/** Digests of a batch's attestations. */
export async function digestsOf(journal: Journal, root: string): Promise<`0x${string}`[]> {
  const rows = await journal.selectFrom('attestation').select('digest').where('root', '=', root).execute()
  return rows.map(({ digest }) => digest as `0x${string}`)
}
