import type { Generated } from 'kysely'

/** A result as the watcher learned of it, keyed by the very event that posted it. Times are Unix milliseconds. */
export interface ObservationTable {
  /** `chainId:blockHash:transactionHash:logIndex`: a reorg that re-posts a result makes another observation */
  key: string
  resultId: string
  requestId: string
  modelId: string
  node: string
  blockNumber: number
  blockHash: string
  seenAt: number
  /** when the index stopped showing it (a reorg); null while it shows */
  vanishedAt: number | null
  /** `finalized` or `rejected`, once settled; null while open */
  settlement: string | null
}

/** What the watcher concluded about an observation; at most one each. Final, unless it is undetermined. */
export interface VerdictTable {
  observationKey: string
  kind: 'valid' | 'invalid' | 'undetermined'
  /** which step of the escalation settled it; null when nothing was compared */
  step: 'bytes' | 'distance' | 'envelope' | 'second' | 'trace' | null
  output: string | null
  distance: number | null
  tolerance: number | null
  reason: string | null
  /** JSON of the verdict's evidence; null unless invalid */
  evidence: string | null
  /** JSON array of runtime names */
  runtimes: string
  ms: number
  judgedAt: number
  /** how often it was judged */
  tries: number
  /** when to judge again what was undetermined for a passing reason; null when nothing is planned */
  retryAt: number | null
}

/** What the watcher wants done on chain: written before anything is signed, unique by `key`. */
export interface ActionTable {
  id: Generated<number>
  key: string
  kind: 'challenge' | 'claimSilence' | 'withdraw'
  observationKey: string | null
  resultId: string | null
  /** wei sent along, decimal: money is never a float */
  value: string
  /** last second of chain time at which it helps; null when there is no hurry */
  deadline: number | null
  /** `open` until its effect is on chain (`done`) or it can have none any more (`abandoned`) */
  state: 'open' | 'done' | 'abandoned'
  /** why it was decided, then why it ended, in words */
  reason: string
  createdAt: number
  updatedAt: number
}

/** One signed transaction for an action. It is journalled before it is broadcast, so a restart sends the same bytes. */
export interface AttemptTable {
  hash: string
  actionId: number
  /** the account that signed it: nonces are counted per account */
  sender: string
  nonce: number
  raw: string
  state: 'signed' | 'mined' | 'reverted' | 'dropped'
  blockNumber: number | null
  blockHash: string | null
  /** wei paid for gas, decimal; null until mined */
  gasPaid: string | null
  createdAt: number
}

/** What the journal is about: one row, written at the first start. */
export interface IdentityTable {
  chainId: number
  contract: string
}

/** The journal's tables. */
export interface Tables {
  identity: IdentityTable
  observation: ObservationTable
  verdict: VerdictTable
  action: ActionTable
  attempt: AttemptTable
}
