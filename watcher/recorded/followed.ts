import type { Config } from '../../config/config.ts'
import type { RecordedNetwork } from './judge.ts'

/** The networks without challenges that a configuration follows. */
export function followed(config: Pick<Config, 'opengradient'>): RecordedNetwork[] {
  return config.opengradient ? ['opengradient'] : []
}
