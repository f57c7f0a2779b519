/** The GraphQL schema, in SDL. Words are the project's glossary; amounts are wei and times Unix seconds. */
export const typeDefs = /* GraphQL */ `
  "0x-prefixed lower-case hex"
  scalar Hex
  "An integer of any size, as a decimal string"
  scalar BigInt

  enum Status { none requested posted challenged revealed rejected finalized expired }
  enum Precision { exact fp32 }
  enum Rule { arbiter worstCase probabilistic equalBits }
  enum Cause { silence ruling conviction withheld }
  enum Reason { fee refund reward compensation challengeBondReturned challengeBondForfeited unbonded demandPaid demandReturned }
  "Withheld: the result was rejected for it, and the demand's fee is still to be returned"
  enum DemandStatus { open supplied withheld paid returned }
  "What can be done about a fraud: prove it, demand data for a proof first, or appeal to the arbiter"
  enum FindingKind { provable withheld unprovable }
  enum VerdictKind { valid invalid undetermined }
  "The escalation, cheapest first: equal bytes, a small distance, the envelope of honest set-ups, a second runtime, the posted trace"
  enum Step { bytes distance envelope second trace }

  type Query {
    "How far the index has come"
    index: Index!
    "What this watcher has done so far; null when no watcher has run here"
    watcher: Watcher
    model(id: Hex!): Model
    models(first: Int = 50, after: String): ModelPage!
    node(id: Hex!): Node
    nodes(first: Int = 50, after: String): NodePage!
    account(id: Hex!): Account
    request(id: Hex!): Request
    requests(where: RequestFilter, first: Int = 50, after: String): RequestPage!
    result(id: Hex!): Result
    "Newest first"
    results(where: ResultFilter, first: Int = 50, after: String): ResultPage!
    challenges(where: ChallengeFilter, first: Int = 50, after: String): ChallengePage!
    convictions(where: ConvictionFilter, first: Int = 50, after: String): ConvictionPage!
    demand(id: Hex!): Demand
    demands(where: DemandFilter, first: Int = 50, after: String): DemandPage!
    appeals(where: AppealFilter, first: Int = 50, after: String): AppealPage!
    payouts(where: PayoutFilter, first: Int = 50, after: String): PayoutPage!
    "Every state change, newest first"
    timeline(first: Int = 50, after: String): TimelinePage!
  }

  input RequestFilter { status: [Status!] modelId: Hex requesterId: Hex nodeId: Hex }
  input ResultFilter { ids: [Hex!] status: [Status!] modelId: Hex nodeId: Hex }
  input ChallengeFilter { challengerId: Hex cause: Cause }
  input ConvictionFilter { resultIds: [Hex!] convictorId: Hex }
  input DemandFilter { ids: [Hex!] resultIds: [Hex!] status: [DemandStatus!] demanderId: Hex }
  input AppealFilter { resultIds: [Hex!] appellantId: Hex }
  input PayoutFilter { accountId: Hex reason: Reason }

  "The last block whose events are all indexed"
  type Index {
    chainId: Int!
    contract: Hex!
    "The conviction contract that is followed; null when there is none"
    conviction: Hex
    blockNumber: BigInt!
    timestamp: BigInt!
    "The block of the latest event of a request; null before the first one"
    lastEvent: IndexedBlock
  }

  type IndexedBlock {
    blockNumber: BigInt!
    blockHash: Hex!
  }

  "Totals over the watcher's journal"
  type Watcher {
    observed: Int!
    valid: Int!
    invalid: Int!
    undetermined: Int!
    "Results left unchecked because a replay was not worth its cost, and not among the share that is checked anyway"
    unchecked: Int!
    challenges: Int!
    openActions: Int!
    "wei paid for gas"
    gasPaid: BigInt!
  }

  type Model {
    id: Hex!
    "sha256 of the ONNX file"
    modelHash: Hex!
    graphRoot: Hex!
    uri: String!
    precision: Precision!
    "Largest accepted norm-scaled distance, in 1e-18"
    tolerance: BigInt!
    "Who rules on revealed disputes; the zero address for nobody"
    arbiter: Account!
    "How the contract itself can convict; arbiter where it cannot"
    rule: Rule!
    "Of the probabilistic bound on rounding errors; zero with every other rule"
    lambda: Int!
    "Whether the contract itself could convict every operator; null when this watcher has not looked at the file"
    provability: Provability
    registrant: Account!
    registeredAt: BigInt!
    requestCount: Int!
    requests(first: Int = 50, after: String): RequestPage!
    results(first: Int = 50, after: String): ResultPage!
  }

  "What this watcher found in a model's file: no chain fact"
  type Provability {
    "Whether every operator of the file can be proven"
    provable: Boolean!
    "What this comes to under the registered rule, in a sentence"
    rule: String!
    "What stands in the way of proofs, in sentences"
    problems: [String!]!
    "Whether the registered graph root is that of the file; if not, no proof is about this model"
    graphRootMatches: Boolean!
    operators: Int!
    "Terms of the longest sum of products: what the cost of a proof grows with"
    largestDot: Int!
    "Unix milliseconds"
    checkedAt: BigInt!
  }

  "A node and the bond behind its results, in wei"
  type Node {
    id: Hex!
    account: Account!
    freeBond: BigInt!
    lockedBond: BigInt!
    slashed: BigInt!
    resultCount: Int!
    finalizedCount: Int!
    rejectedCount: Int!
    requests(first: Int = 50, after: String): RequestPage!
    results(first: Int = 50, after: String): ResultPage!
  }

  type Account {
    id: Hex!
    "wei ever credited by the contract"
    credited: BigInt!
    "wei withdrawn"
    withdrawn: BigInt!
    node: Node
    requests(first: Int = 50, after: String): RequestPage!
    challenges(first: Int = 50, after: String): ChallengePage!
    convictions(first: Int = 50, after: String): ConvictionPage!
    "What it demanded"
    demands(first: Int = 50, after: String): DemandPage!
    appeals(first: Int = 50, after: String): AppealPage!
    payouts(first: Int = 50, after: String): PayoutPage!
  }

  type Request {
    id: Hex!
    model: Model!
    requester: Account!
    "The only node that may answer; null for any"
    node: Node
    fee: BigInt!
    deadline: BigInt!
    inputHash: Hex!
    inputUri: String!
    "The input's bytes, when they were sent inline"
    input: Hex
    status: Status!
    requestedAt: BigInt!
    blockNumber: BigInt!
    transactionHash: Hex!
    result: Result
    payouts: [Payout!]!
    timeline: [TimelineEntry!]!
  }

  type Result {
    id: Hex!
    request: Request!
    model: Model!
    node: Node!
    outputHash: Hex!
    outputUri: String!
    "The output's bytes, when they were posted inline"
    output: Hex
    "wei of the node's bond locked for it"
    bond: BigInt!
    status: Status!
    "Second at which the present status' window is over, demands' extensions included"
    windowEnd: BigInt!
    postedAt: BigInt!
    settledAt: BigInt
    blockNumber: BigInt!
    blockHash: Hex!
    transactionHash: Hex!
    logIndex: Int!
    challenge: Challenge
    "The proof that convicted it; null when there is none"
    conviction: Conviction
    "What was demanded of its trace, newest first"
    demands(first: Int = 50, after: String): DemandPage!
    "Calls on the model's arbiter to rule on it, newest first"
    appeals(first: Int = 50, after: String): AppealPage!
    payouts: [Payout!]!
    timeline: [TimelineEntry!]!
    "This watcher's verdict; null when it has not judged the result"
    replay: Replay
    "What this watcher did about the result"
    actions: [Action!]!
  }

  type Challenge {
    id: Hex!
    result: Result!
    challenger: Account!
    bond: BigInt!
    challengedAt: BigInt!
    transactionHash: Hex!
    traceRoot: Hex
    traceUri: String
    revealedAt: BigInt
    "Why the result was rejected; null while open, or when the challenge was lost"
    cause: Cause
    rejectedBy: Account
    slashed: BigInt
    burnt: BigInt
    settledAt: BigInt
  }

  "A result convicted by a proof on chain"
  type Conviction {
    "The result's id"
    id: Hex!
    result: Result!
    "Who showed the proof and is rewarded"
    convictor: Account!
    "keccak256 of the proof, which is in the transaction's calldata"
    proofHash: Hex!
    convictedAt: BigInt!
    blockNumber: BigInt!
    transactionHash: Hex!
  }

  "A part of a revealed trace that somebody wants on chain"
  type Demand {
    id: Hex!
    result: Result!
    demander: Account!
    "Which tensor of the trace"
    entry: BigInt!
    "The first chunk demanded of it"
    first: BigInt!
    "How many chunks; zero for the tensor's header alone"
    count: Int!
    "wei, more with every eight demands of the result before it; the demander's again if the result was rejected"
    fee: BigInt!
    "wei of the fee that were burnt, as the result stood: what it was above the plain fee; null while it is not settled"
    burnt: BigInt
    status: DemandStatus!
    "Last second at which it can be supplied"
    until: BigInt!
    "Who brought the data; null while nobody has"
    supplier: Account
    "What was supplied, in the encoding of the checker"
    data: Hex
    demandedAt: BigInt!
    suppliedAt: BigInt
    "Second at which the result was rejected because this was not supplied; null when it was not"
    withheldAt: BigInt
    settledAt: BigInt
    blockNumber: BigInt!
    transactionHash: Hex!
    supplyTransactionHash: Hex
    withheldTransactionHash: Hex
    settleTransactionHash: Hex
  }

  "A call on a model's arbiter to rule on a revealed result"
  type Appeal {
    id: ID!
    result: Result!
    appellant: Account!
    "sha256 of the evidence, a replay that anybody can repeat"
    evidenceHash: Hex!
    "Where to fetch it; may be empty when data is given"
    uri: String!
    "The evidence's bytes, when they were sent inline"
    data: Hex
    appealedAt: BigInt!
    blockNumber: BigInt!
    transactionHash: Hex!
  }

  "Who was paid what for which reason"
  type Payout {
    id: ID!
    account: Account!
    request: Request
    result: Result
    reason: Reason!
    amount: BigInt!
    paidAt: BigInt!
    blockNumber: BigInt!
    transactionHash: Hex!
  }

  type TimelineEntry {
    id: ID!
    request: Request!
    result: Result
    from: Status!
    to: Status!
    actor: Hex!
    timestamp: BigInt!
    blockNumber: BigInt!
    blockHash: Hex!
    transactionHash: Hex!
    logIndex: Int!
  }

  "A replay of a result and what it showed"
  type Replay {
    verdict: VerdictKind!
    "What settled it; null when nothing was compared"
    step: Step
    "The output that came closest to failing, or failed"
    output: String
    "On the output's own scale; docs/protocol.md says how it is measured"
    distance: Float
    tolerance: Float
    "Why it is undetermined"
    reason: String
    "Unix milliseconds of the next try; null when none is planned"
    retryAt: BigInt
    evidence: Evidence
    "What can be done about it on chain; null when nothing was looked for"
    finding: Finding
    runtimes: [String!]!
    milliseconds: Float!
    "Unix milliseconds"
    judgedAt: BigInt!
  }

  "Why a result is invalid: the worst element of the worst output"
  type Evidence {
    output: String!
    "distance, logit, label, bits, shape, missing or extra"
    kind: String!
    distance: Float
    "The registered tolerance, or eight times the envelope where that is wider; 0 where equality was asked for"
    tolerance: Float!
    "How far honest set-ups on this machine lay apart; null when it was not measured"
    envelope: Float
    "Flat index of the element"
    at: Int
    posted: String
    replayed: String
  }

  "Where in a revealed trace the fraud is, and what can be done about it. The proof itself is shown only by its transaction"
  type Finding {
    kind: FindingKind!
    "Which kind of claim the proof makes; null when there is no proof, as the next three"
    claim: String
    "ONNX name of the operator"
    operator: String
    "Trace entry"
    entry: Int
    "Row-major index of the element in it"
    element: BigInt
    "Why this kind"
    reason: String!
  }

  type Action {
    "challenge, claimSilence, withdraw, commit, convict, demand, claimWithheld, settleDemand or appeal"
    kind: String!
    state: String!
    "wei sent along"
    value: BigInt!
    reason: String!
    "Unix milliseconds"
    createdAt: BigInt!
    transactions: [Transaction!]!
  }

  type Transaction {
    hash: Hex!
    nonce: Int!
    state: String!
    blockNumber: BigInt
    "wei"
    gasPaid: BigInt
  }

  type ModelPage { items: [Model!]! endCursor: String totalCount: Int! }
  type NodePage { items: [Node!]! endCursor: String totalCount: Int! }
  type RequestPage { items: [Request!]! endCursor: String totalCount: Int! }
  type ResultPage { items: [Result!]! endCursor: String totalCount: Int! }
  type ChallengePage { items: [Challenge!]! endCursor: String totalCount: Int! }
  type ConvictionPage { items: [Conviction!]! endCursor: String totalCount: Int! }
  type DemandPage { items: [Demand!]! endCursor: String totalCount: Int! }
  type AppealPage { items: [Appeal!]! endCursor: String totalCount: Int! }
  type PayoutPage { items: [Payout!]! endCursor: String totalCount: Int! }
  type TimelinePage { items: [TimelineEntry!]! endCursor: String totalCount: Int! }
`
