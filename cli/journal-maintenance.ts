import { dirname } from 'node:path'
import { formatEther } from 'viem'
import { connect } from '../chain/connect.ts'
import { parseConfig } from '../config/config.ts'
import { loadAccount } from '../config/key.ts'
import { checkIntegrity, describe, type Problem } from '../journal/integrity.ts'
import { type Difference, type Reconciliation, reconcile } from '../journal/ledger/reconcile.ts'
import { restartLedgers } from '../journal/ledger/restart.ts'
import { ledgers } from '../journal/ledger/rows.ts'
import { lockDataDir } from '../journal/lock.ts'
import { openJournal, openJournalReadOnly } from '../journal/open.ts'
import { prune } from '../journal/prune.ts'
import { environment } from './environment.js'
import { exitCodes } from './exit.ts'
import { journalPath, openForReading } from './journal-command.ts'

/** `gainsay journal prune`: takes the watcher's lock, so that nothing is written meanwhile. */
export async function runJournalPrune({ before }: { before: number }): Promise<void> {
  const path = journalPath()
  openForReading().close()
  const lock = lockDataDir(dirname(path), 'watcher')
  try {
    const journal = await openJournal(path)
    const { results, actions, entries, kept } = await prune(journal, Date.now() - before * 86_400_000)
    await journal.destroy()
    console.log(`removed ${results} results and ${actions} actions; rolled ${entries} ledger entries into sums`)
    if (kept > 0) console.log(`kept ${kept} old results: something about them is still open`)
  } finally {
    lock.release()
  }
}

/** What `journal check` found. */
interface Checked {
  problems: Problem[]
  /** why the ledger was not held against the chain; null when it was */
  skipped: string | null
  ledgers: Pick<Reconciliation, 'account' | 'equal' | 'differences' | 'unexplained'>[]
}

/**
 * `gainsay journal check`: is the file whole, and does the ledger equal the chain? Changes nothing, and works while the
 * watcher runs, unless it is told to begin the ledgers anew.
 *
 * @returns 0 when all is well, 2 otherwise
 */
export async function runJournalCheck(options: { json?: boolean; restartLedger?: boolean }): Promise<number> {
  const database = openForReading()
  const checked: Checked = { problems: checkIntegrity(database, { deep: true }), skipped: null, ledgers: [] }
  database.close()
  const account = loadAccount(environment)?.address
  if (checked.problems.length > 0) checked.skipped = 'the file has problems'
  else if (!environment.GAINSAY_RPC_URL) checked.skipped = 'GAINSAY_RPC_URL is not set'
  else {
    const chain = await connect(parseConfig(environment))
    if (options.restartLedger) await restart(chain)
    const journal = openJournalReadOnly(journalPath())
    if (journal) {
      const known = (await ledgers(journal)).map((row) => row.account)
      for (const one of known) checked.ledgers.push(await reconcile(journal, chain, one, Date.now()))
      await journal.destroy()
      if (known.length === 0)
        checked.skipped = `there is no ledger yet: the watcher begins one for ${account ?? 'its account'} when it runs with a key`
    }
  }
  print(checked, options.json === true)
  const bad = checked.problems.length > 0 || checked.ledgers.some(({ equal }) => !equal)
  return bad ? exitCodes.bad : exitCodes.ok
}

async function restart(chain: Awaited<ReturnType<typeof connect>>): Promise<void> {
  const path = journalPath()
  const lock = lockDataDir(dirname(path), 'watcher')
  try {
    const journal = await openJournal(path)
    await restartLedgers(journal, chain)
    await journal.destroy()
  } finally {
    lock.release()
  }
}

function print({ problems, skipped, ledgers }: Checked, json: boolean): void {
  if (json) {
    const shown = ledgers.map(({ account, equal, differences, unexplained }) => ({
      account,
      equal,
      differences,
      unexplained,
    }))
    console.log(
      JSON.stringify({ problems, skipped, ledgers: shown }, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
    )
    return
  }
  if (problems.length === 0) console.log('✓ file: whole and consistent')
  for (const problem of problems) console.log(`✗ file: ${describe(problem)}`)
  if (skipped) console.log(`- ledger: not checked, ${skipped}`)
  for (const { account, equal, differences, unexplained } of ledgers) {
    const rest = unexplained === 0n ? '' : `; unexplained: ${formatEther(unexplained)} ETH`
    if (equal) console.log(`✓ ledger of ${account}: equal to the chain to the last wei${rest}`)
    for (const difference of differences) console.log(`✗ ledger of ${account}: ${inWords(difference)}`)
  }
}

/** A difference in one line, for people. */
export function inWords({ what, resultId, expected, actual }: Difference): string {
  const of = resultId ? ` in ${resultId}` : ''
  return `${what}${of} is ${actual} wei on chain and ${expected} wei by the ledger (${actual - expected})`
}
