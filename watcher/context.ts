import type { Logger } from 'pino'
import type { LocalAccount } from 'viem'
import type { Chain } from '../chain/connect.ts'
import type { Config } from '../config/config.ts'
import type { Journal } from '../journal/open.ts'
import type { Artifacts } from '../replay/artifacts/artifacts.ts'
import type { Pool } from '../replay/pool/pool.ts'
import type { Attestor } from './attestor.ts'
import type { Gauges } from './gauges.ts'

/** What following takes, whatever network: collecting, replaying and judging. */
export interface Following {
  config: Config
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

/** Everything that the steps of a watcher of a Gainsay contract work with. */
export interface Watch extends Following {
  chain: Chain
  /** who challenges; without one the watcher judges and sends nothing */
  account: LocalAccount | undefined
}
