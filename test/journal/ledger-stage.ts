import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { type Chain, connect } from '../../chain/connect.ts'
import { type Reconciliation, reconcile } from '../../journal/ledger/reconcile.ts'
import { recordReconciliation } from '../../journal/ledger/record.ts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { intend, recordAttempt } from '../../journal/queries.ts'
import type { Stage } from '../index/support/stage.ts'

/** A journal beside a stage, for ledgers of its cast. */
export interface LedgerStage {
  journal: Journal
  chain: Chain
  path: string
  /** Records every transaction of an account from a block on as the watcher's own. */
  own(account: Hex, fromBlock: number): Promise<void>
  /** Reconciles and records. */
  check(account: Hex): Promise<Reconciliation>
}

/** @throws ChainError when the stage has no contract */
export async function ledgerStage(stage: Stage): Promise<LedgerStage> {
  const path = join(mkdtempSync(join(tmpdir(), 'gainsay-ledger-')), 'journal.sqlite')
  const journal = await openJournal(path)
  const { rpcUrl, chainId, contract } = stage
  const chain = await connect({ gainsay: { rpcUrls: [rpcUrl], chainId, contract } })
  return {
    ...{ journal, chain, path },
    async own(account, fromBlock) {
      const head = await stage.head()
      for (let n = BigInt(fromBlock); n <= head; n++) {
        const { transactions } = await stage.client.getBlock({ blockNumber: n, includeTransactions: true })
        for (const { hash, from, nonce } of transactions) {
          if (from.toLowerCase() !== account) continue
          const about = { observationKey: null, resultId: null, value: '0', deadline: null, reason: 'a test' }
          const action = await intend(journal, { ...about, key: hash, kind: 'challenge' }, 1)
          await recordAttempt(journal, { hash, actionId: action.id, sender: account, nonce, raw: '0x' }, 1)
        }
      }
    },
    async check(account) {
      const found = await reconcile(journal, chain, account, 1)
      await recordReconciliation(journal, found, 1)
      return found
    },
  }
}
