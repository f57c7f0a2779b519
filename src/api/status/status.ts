import type { NetworkName } from '../../../networks/network.ts'
import { isSettled, type Status } from '../../../protocol/status.ts'

/**
 * Whether a consumer can rely on a result: only what settled in its favour is `yes`, all that is open is `not yet`. Where
 * nothing on chain ever settles it, the chain cannot say: `see verdict`.
 */
export type Reliable = 'yes' | 'no' | 'not yet' | 'see verdict'

/** What the chain says of a result. Times in Unix seconds. */
export interface SettledFacts {
  readonly id: string
  readonly requestId: string
  readonly modelId: string
  readonly nodeId: string | null
  readonly network: NetworkName
  readonly chainId: number
  readonly outputHash: string
  readonly status: Status
  readonly windowEnd: bigint
  readonly postedAt: bigint
  readonly settledAt: bigint | null
  readonly blockNumber: bigint
}

/** A result's status as `/results/:id/status` answers it. Numbers that may be large are decimal strings. */
export interface ResultStatus {
  readonly id: string
  readonly reliable: Reliable
  readonly status: Status
  /** one sentence on what that means */
  readonly meaning: string
  /** Unix second at which the present window is over; null once settled */
  readonly windowEnd: string | null
  readonly postedAt: string
  readonly settledAt: string | null
  readonly block: string
  readonly request: string
  readonly model: string
  /** null where the network does not say which node it was */
  readonly node: string | null
  readonly network: NetworkName
  readonly chainId: number
  /** sha256 of the output's bytes: compare it with what you were given */
  readonly outputHash: string
  /** what this watcher found when it replayed the result: an opinion, no chain fact; null when it did not */
  readonly verdict: 'valid' | 'invalid' | 'undetermined' | null
}

const MEANINGS: Readonly<Record<Status, string>> = {
  none: 'Nobody has posted this.',
  requested: 'Asked for, and not answered yet.',
  posted: 'Posted, and may still be challenged.',
  challenged: 'Challenged: the node has to reveal how it came to this.',
  revealed: 'Challenged, and its trace is revealed: it may still be convicted.',
  rejected: 'Shown to be wrong, or not defended. Do not rely on it.',
  finalized: 'Stood through its windows. It can be relied on.',
  expired: 'Nobody answered in time.',
  recorded:
    'Recorded on a network without challenges: nothing on chain settles it. Go by the verdict, which is as good as the watcher that replayed it.',
}

/** What can be relied on, by the life of a result (`docs/protocol.md`). */
export function reliabilityOf(status: Status): Reliable {
  if (status === 'finalized') return 'yes'
  if (status === 'recorded') return 'see verdict'
  return isSettled(status) ? 'no' : 'not yet'
}

/** The answer about one result. */
export function resultStatus(row: SettledFacts, verdict: ResultStatus['verdict']): ResultStatus {
  const reliable = reliabilityOf(row.status)
  return {
    ...{ id: row.id, reliable, status: row.status, meaning: MEANINGS[row.status] },
    windowEnd: reliable === 'not yet' ? String(row.windowEnd) : null,
    postedAt: String(row.postedAt),
    settledAt: row.settledAt === null ? null : String(row.settledAt),
    ...{ block: String(row.blockNumber), request: row.requestId, model: row.modelId, node: row.nodeId },
    ...{ network: row.network, chainId: row.chainId, outputHash: row.outputHash, verdict },
  }
}
