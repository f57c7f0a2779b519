import type { Logger } from 'pino'
import type { Chain } from '../chain/connect.ts'
import type { CanaryConfig } from '../config/canary.ts'
import type { Config } from '../config/config.ts'
import type { Journal } from '../journal/open.ts'
import type { Artifacts } from '../replay/artifacts/artifacts.ts'
import type { Pool } from '../replay/pool/pool.ts'

/** What the canary works with. */
export interface CanaryContext {
  config: Pick<Config, 'arbiters' | 'pollMs'>
  canary: CanaryConfig
  chain: Pick<Chain, 'client' | 'contract' | 'chainId' | 'parameters'>
  /** its own, not the watcher's */
  journal: Journal
  artifacts: Artifacts
  pool: Pool
  log: Logger
  /** Unix milliseconds */
  clock: () => number
}
