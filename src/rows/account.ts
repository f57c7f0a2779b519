import type { Context } from 'ponder:registry'
import schema from 'ponder:schema'
import type { Hex } from 'viem'

/** Every address the history links to has a row, so that any link can be walked. */
export async function ensureAccount(db: Context['db'], id: Hex): Promise<void> {
  await db.insert(schema.account).values({ id, credited: 0n, withdrawn: 0n }).onConflictDoNothing()
}
