import { parseConfig } from '../../config/config.ts'
import { principalOf } from '../../config/principal.ts'

/** What this index is of, where one chain has to be named. In Ponder's configuration the chain has the network's name. */
export const principal = principalOf(parseConfig(process.env))
