import type { Logger } from 'pino'
import type { LocalAccount } from 'viem'
import type { Chain } from '../chain/connect.ts'
import type { Config } from '../config/config.ts'
import type { Journal } from '../journal/open.ts'
import type { Artifacts } from '../replay/artifacts/artifacts.ts'
import type { Pool } from '../replay/pool/pool.ts'
import type { Attestor } from './attestor.ts'
import type { Gauges } from './gauges.ts'

/** Everything a watcher's steps work with. */
export interface Watch {
  config: Config
  chain: Chain
  /** who challenges; without one the watcher judges and sends nothing */
  account: LocalAccount | undefined
  journal: Journal
  artifacts: Artifacts
  pool: Pool
  log: Logger
  /** what is shown outside of the rounds; nothing is where nobody looks */
  gauges?: Gauges
  /** attests verdicts; nothing is where the operator does not want it */
  attestor?: Attestor | undefined
  /** Unix milliseconds, for the journal's own notes only: deadlines are judged by chain time */
  clock: () => number
}
