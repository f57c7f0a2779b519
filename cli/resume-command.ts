import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../config/config.ts'
import { contractNeeded } from '../config/principal.ts'
import { resetTrips } from '../journal/breaker.ts'
import { openJournal } from '../journal/open.ts'
import { environment } from './environment.js'
import { exitCodes, UserError } from './exit.ts'

/**
 * `gainsay resume`: lets the watcher send again after its circuit breaker has stopped it, and says what had. A watcher that
 * runs sees it in its next round.
 *
 * @throws UserError (66) when no watcher has run in this data folder; ConfigError where no contract is followed
 */
export async function runResume(options: { json?: boolean }): Promise<void> {
  const config = parseConfig(environment)
  // Where nothing is ever sent, nothing can have stopped.
  contractNeeded(config)
  const { dataDir } = config
  const path = join(dataDir, 'journal.sqlite')
  if (!existsSync(path))
    throw new UserError(`No watcher has run in ${dataDir}. Set GAINSAY_DATA_DIR to the watcher's.`, exitCodes.noInput)
  const journal = await openJournal(path)
  const trips = await resetTrips(journal, Date.now()).finally(() => journal.destroy())
  const shown = trips.map(({ kind, reason, trippedAt }) => ({ kind, reason, since: new Date(trippedAt).toISOString() }))
  if (options.json) console.log(JSON.stringify(shown))
  else if (shown.length === 0) console.log('Nothing was stopped.')
  else {
    for (const { since, reason } of shown) console.log(`stopped since ${since}: ${reason}`)
    console.log('The watcher sends again from its next round on.')
  }
}
