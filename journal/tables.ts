import type { Generated } from 'kysely'
import type { NetworkName } from '../networks/network.ts'
import type { DType } from '../protocol/tensor.ts'
import type { AnchoringTable, AttestableTable, AttestationTable } from './attestation-tables.ts'
import type { AuditTable } from './audit-table.ts'
import type { CanarySendTable, CanaryTable } from './canary-tables.ts'
import type { EntryKind } from './ledger/kinds.ts'

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
  /** where it was posted; on another network than Gainsay's `node` is empty where nobody is named */
  network: Generated<NetworkName>
  /** when to judge it, on a network without challenges; null when nothing is planned, and always of Gainsay's own */
  dueAt: Generated<number | null>
}

/** How far the walk through the results of a network without challenges has come: the last result that was recorded. */
export interface WalkTable {
  network: NetworkName
  /** Unix seconds */
  postedAt: number
  blockNumber: number
  resultId: string
  blockHash: string
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
  /** where the result was posted */
  network: Generated<NetworkName>
}

/** What a watcher can do on chain. */
export type ActionKind =
  | 'challenge'
  | 'claimSilence'
  | 'withdraw'
  | 'commit'
  | 'convict'
  | 'demand'
  | 'claimWithheld'
  | 'settleDemand'
  | 'appeal'

/** What the watcher wants done on chain: written before anything is signed, unique by `key`. */
export interface ActionTable {
  id: Generated<number>
  key: string
  kind: ActionKind
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
  /** wei that it could win when it was last sent, decimal: the bound of what its gas may cost; null until then */
  worth: string | null
  /** why it was not sent when it was last tried, in words; null when nothing stood in the way */
  objection: string | null
  /** block since which its pending transaction is no longer worth pushing: moot, or at the most it may pay; else null */
  stalledSince: number | null
  /** when the chain refused it in a way that trying again cannot help; null while it may be tried */
  stoppedAt: number | null
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
  /**
   * `act` does what its action wants; `cancel` takes its nonce away from it, by sending nothing to oneself; `fill` does the
   * same for a nonce that nothing has, so that those after it can be mined
   */
  purpose: Generated<'act' | 'cancel' | 'fill'>
  /** the latest block when it was signed */
  signedAtBlock: Generated<number>
  /** when its end was seen, Unix milliseconds; null while it may be mined */
  settledAt: number | null
  /** why it ended other than well, in words */
  reason: string | null
}

/** Whether the contract itself could convict every operator of a model's file. No chain fact: it follows from the file. */
export interface ProvabilityTable {
  /** sha256 of the ONNX file, 0x and lower-case hex, as in the history */
  modelHash: string
  /** what its operators and weights commit to, written likewise; a registration that names another is about another graph */
  graphRoot: string
  /** 1 when every operator can be proven, else 0 */
  provable: number
  /** JSON array of sentences: what stands in the way */
  problems: string
  /** how many operators the graph has */
  operators: number
  /** terms of the longest sum of products in it: what the cost of a proof grows with */
  largestDot: number
  checkedAt: number
}

/** What can be done about a fraud that was found: at most one finding an observation. The latest counts. */
export interface FindingTable {
  observationKey: string
  /** `provable`: a proof is at hand; `withheld`: data must be demanded first; `unprovable`: only an arbiter can help */
  kind: 'provable' | 'withheld' | 'unprovable'
  /** which kind of claim the proof makes; null when there is none, as everything below */
  claim: string | null
  /** ONNX name of the operator that it is about */
  operator: string | null
  /** trace entry that it is about */
  entry: number | null
  /** row-major index of the element in it */
  element: number | null
  /** hex; worth stealing until it is on chain, so nothing but the watcher's own transactions shows it */
  proof: string | null
  /** hex, of the commitment to the proof; secret for the same reason */
  salt: string | null
  /** in words, why this kind */
  reason: string
  foundAt: number
}

/** What the watcher would have done, were it live: at most once a key. Amounts in wei, decimal. */
export interface WouldActTable {
  /** the decision's */
  key: string
  kind: ActionKind
  observationKey: string | null
  resultId: string | null
  /** would have been sent along */
  value: string
  /** why the simulation failed; null when it went through */
  revert: string | null
  /** estimated; null when it would have failed, or could not be estimated */
  gas: number | null
  /** wei a unit of gas at that time */
  gasPrice: string
  /** what success would bring */
  reward: string
  reason: string
  at: number
  /**
   * what came of it on the real chain, once that is known. `won`, `lost`: the result's settlement says so; `untested`:
   * nobody challenged the result, so nothing shows who was right; `none`: an act that by itself earns nothing; `vanished`:
   * a reorg took the result away
   */
  outcome: 'won' | 'lost' | 'untested' | 'none' | 'vanished' | null
  /** what it would have earned, gas paid; below zero for a loss; null as long as there is no outcome */
  earned: string | null
}

/** A result that was left unchecked, since replaying it was not worth its cost. It counts until it has a verdict. */
export interface UncheckedTable {
  observationKey: string
  /** expected value of the replay in wei, decimal; below zero, or it would have been made */
  value: string
  /** millionths of such results that are checked nevertheless */
  floor: number
  at: number
}

/** Why all sending was stopped, and until when. */
export interface TripTable {
  id: Generated<number>
  /** an own challenge was lost; the runtimes disagree too often; index and chain disagree; ledger and chain differ */
  kind: 'lost' | 'runtimes' | 'index' | 'ledger'
  /** what about: a result's id, or empty. Of `lost`, the same thing never trips twice */
  about: string
  reason: string
  trippedAt: number
  /** when a person let sending go on; null while it is stopped */
  resetAt: number | null
}

/** Random numbers of this journal that no outsider may know. Hex. */
export interface SecretTable {
  name: 'sampleSalt' | 'canarySeed'
  value: string
}

/** What the journal is about: one row, written at the first start. */
export interface IdentityTable {
  chainId: number
  contract: string
  /** keccak256 of the contract's runtime code, as first seen; null until then */
  contractCode: string | null
  /** the same of the conviction contract; null while there is none */
  seatCode: string | null
}

/** One movement of wei of an account. Keyed by the event it follows from, so that it vanishes with it in a reorg. */
export interface EntryTable {
  /** `blockHash:transactionHash:logIndex:kind`; `rolled:…` for the sum of pruned entries */
  key: string
  /** lower case */
  account: string
  kind: EntryKind
  /** wei, decimal, never negative: the kind says in which direction it goes */
  amount: string
  resultId: string | null
  /** the demand's id for `fee` and what became of it, the receiver for `forwarded`; null otherwise */
  reference: string | null
  /** null for a sum of pruned entries, as `blockHash` */
  transactionHash: string | null
  blockNumber: number
  blockHash: string | null
  /** null where it follows from a receipt and no event: gas */
  logIndex: number | null
  /** how many entries it stands for: 1, more for a sum of pruned ones */
  count: number
  /** Unix milliseconds at which it was recorded */
  at: number
}

/** Where an account's ledger begins and how far it is checked. Amounts in wei, decimal. */
export interface LedgerTable {
  /** lower case */
  account: string
  startBlock: number
  startHash: string
  startBalance: string
  startCredit: string
  startNonce: number
  /** a block so deep that entries up to it are read only once; its hash shows whether that still holds */
  anchorBlock: number
  anchorHash: string
  anchorNonce: number
  /** signed: balance at the anchor that no entry explains (money sent to the account, other transactions of its key) */
  unexplained: string
  /** transactions of the account up to the anchor that are not the watcher's */
  foreignNonces: number
  checkedBlock: number
  /** Unix milliseconds */
  checkedAt: number
  /** JSON array of `Difference` found by the latest check; empty when ledger and chain are equal */
  differences: string
}

/** A notice to the outside that has been given, so that a restart does not repeat it. */
export interface NoticeTable {
  key: string
  /** `sent`, `seen` (older than the first start with a webhook), or `given up` */
  state: 'sent' | 'seen' | 'given up'
  at: number
}

/** How many results of a model and a node were first seen on a UTC day, and what was concluded. Kept by triggers. */
export interface OpinionTable {
  /** days since 1970-01-01, of `seenAt` */
  day: number
  modelId: string
  node: string
  /** but for those that a reorg took away */
  observed: number
  valid: number
  invalid: number
  undetermined: number
}

/**
 * A part of one output of a result that differs from its replay, as posted and as replayed: what a page shows side by side.
 * Bounded, see `previews.ts`; evidence for people, nothing that anything is decided by.
 */
export interface PreviewTable {
  observationKey: string
  side: 'posted' | 'replayed'
  /** order of the outputs, from 0 */
  place: number
  /** the output's, cut */
  name: string
  dtype: DType
  /** JSON array */
  dims: string
  /** flat index of the first element in `data` */
  start: number
  /** little-endian elements */
  data: Uint8Array
}

/** How the operators of a model's file hang together, for people. It follows from the file, like {@link ProvabilityTable}. */
export interface OperatorGraphTable {
  /** sha256 of the ONNX file, 0x and lower-case hex */
  modelHash: string
  /** how many operators there are */
  operators: number
  /** JSON array of `ShownOperator`: the first of them in topological order, see `operator-graph.ts` */
  shown: string
}

/** The journal's tables. */
export interface Tables {
  identity: IdentityTable
  observation: ObservationTable
  walk: WalkTable
  verdict: VerdictTable
  action: ActionTable
  attempt: AttemptTable
  provability: ProvabilityTable
  finding: FindingTable
  wouldact: WouldActTable
  unchecked: UncheckedTable
  trip: TripTable
  secret: SecretTable
  entry: EntryTable
  ledger: LedgerTable
  notice: NoticeTable
  preview: PreviewTable
  operatorgraph: OperatorGraphTable
  canary: CanaryTable
  canarysend: CanarySendTable
  opinion: OpinionTable
  attestable: AttestableTable
  attestation: AttestationTable
  anchoring: AnchoringTable
  audit: AuditTable
}
