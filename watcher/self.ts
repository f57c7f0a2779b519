import type { Hex } from 'viem'
import type { Watch } from './context.ts'

/** Who a watcher decides as. */
export interface Self {
  address: Hex
  /** whether it is nobody in particular, who needs money made up for it */
  invented: boolean
}

/** Whom a watcher without key or address decides as. Nobody has its key. */
const NOBODY_IN_PARTICULAR = '0x000000000000000000000000000000000000dEaD'

/** The account; without one, in shadow mode, the address that was configured, or nobody in particular. */
export function selfOf({ account, config }: Pick<Watch, 'account' | 'config'>): Self {
  const address = account?.address ?? config.policy.shadowAddress
  return address ? { address, invented: false } : { address: NOBODY_IN_PARTICULAR, invented: true }
}
