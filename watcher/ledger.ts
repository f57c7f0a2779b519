import { setTimeout as sleep } from 'node:timers/promises'
import { formatEther } from 'viem'
import { MovedError, type Reconciliation, reconcile } from '../journal/ledger/reconcile.ts'
import { recordReconciliation } from '../journal/ledger/record.ts'
import type { Watch } from './context.ts'

/** Rounds from one look at the ledger to the next. */
const EVERY_ROUNDS = 30
/** Milliseconds until a difference is looked for again: endpoints behind one balancer are not all at the same block. */
const SECOND_LOOK_MS = 3_000

/**
 * Keeps the account's ledger beside the loop: no deadline waits for it. A difference is believed, recorded and logged as an
 * error once it is found twice in a row.
 *
 * @returns `look`, to be called in each round, and `stop`, which ends when nothing is being read any more
 */
export function ledgerKeeper(
  it: Pick<Watch, 'account' | 'journal' | 'chain' | 'log' | 'clock'>,
  signal: AbortSignal,
  everyRounds = EVERY_ROUNDS,
) {
  const { account, journal, chain, log } = it
  let round = 0
  let running: Promise<void> | undefined
  let unexplained: bigint | undefined
  const find = () => reconcile(journal, chain, account?.address ?? '', it.clock())
  const keep = async () => {
    let found = await find()
    if (!found.equal) {
      await sleep(SECOND_LOOK_MS, undefined, { signal })
      found = await find()
    }
    await recordReconciliation(journal, found, it.clock())
    report(found)
  }
  const report = (found: Reconciliation) => {
    const block = Number(found.block.number)
    for (const { what, resultId, expected, actual } of found.differences)
      log.error(
        { what, result: resultId ?? undefined, expected: String(expected), actual: String(actual), block },
        'the ledger and the chain differ (wei): see "Journal and ledger" in docs/operate.md',
      )
    if (!found.equal) return
    const change = found.unexplained - (unexplained ?? found.unexplained)
    const about = { wei: String(change), ether: formatEther(change), block }
    if (change > 0n) log.info(about, 'the account received money that no action of the watcher explains')
    if (change < 0n) log.warn(about, 'the account spent money in a transaction that is not the watcher’s')
    unexplained = found.unexplained
  }
  return {
    look(): void {
      if (!account || running || round++ % everyRounds !== 0) return
      running = keep()
        .catch((error: unknown) => {
          if (signal.aborted) return
          // A reorg came between: the next look reads what is there then.
          if (error instanceof MovedError) round = 0
          else log.warn({ err: error }, 'the ledger could not be held against the chain; trying again')
        })
        .finally(() => {
          running = undefined
        })
    },
    async stop(): Promise<void> {
      await running
    },
  }
}
