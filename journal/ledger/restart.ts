import type { Hex } from 'viem'
import type { Journal } from '../open.ts'
import { begin } from './on-chain.ts'
import type { LedgerChain } from './read-chain.ts'
import { ledgers } from './rows.ts'

/**
 * Begins every ledger anew at the latest block, for when a person has found out why it differed from the chain. Entries of
 * before stay as history and count no more. What is at stake now comes back as `owed`.
 */
export async function restartLedgers(journal: Journal, chain: LedgerChain): Promise<void> {
  const { number, hash } = await chain.client.getBlock({ blockTag: 'latest' })
  for (const { account } of await ledgers(journal)) {
    const { account: _, ...row } = await begin(chain, account as Hex, { number, hash })
    await journal.updateTable('ledger').set(row).where('account', '=', account).execute()
  }
}
