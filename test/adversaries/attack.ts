import type { Hex } from 'viem'
import type { Play } from './play.ts'
import type { Gains } from './purses.ts'
import { FEE, shares, terms } from './stage.ts'
import type { Work } from './work.ts'

/** What every attack finds on the stage. */
export interface Props {
  /** models by how a dispute about their results ends: by proof or the judge; by the judge alone; by proof alone */
  models: Record<'judged' | 'ruled' | 'unruled', Hex>
  honest: Work
  lie: Work
}

/** One way to attack a running watcher. */
export interface Attack {
  /** which of the table's adversaries */
  who: string
  /** what it does, for people */
  does: string
  /** settings of the watcher, beyond a live one's */
  settings?: Record<string, string>
  /** how many reasons the circuit breaker has in the end to stop all sending; 0 if not given */
  trips?: number
  /** Plays it to the end. @returns who should have gained what, gas apart */
  play(it: Play, props: Props): Promise<Partial<Gains>>
}

/** The node's bond is slashed: what each gets beside the reward, which is whose the attack decides. Wei. */
export const slashed = {
  node: -terms.nodeBond,
  requester: shares.compensation,
  burnt: shares.burnt,
} as const

/** The result stands: the node is paid. Wei. */
export const paid = { node: FEE, requester: -FEE } as const
