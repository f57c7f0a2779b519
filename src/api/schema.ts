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
    payouts(where: PayoutFilter, first: Int = 50, after: String): PayoutPage!
    "Every state change, newest first"
    timeline(first: Int = 50, after: String): TimelinePage!
  }

  input RequestFilter { status: [Status!] modelId: Hex requesterId: Hex nodeId: Hex }
  input ResultFilter { ids: [Hex!] status: [Status!] modelId: Hex nodeId: Hex }
  input ChallengeFilter { challengerId: Hex cause: Cause }
  input PayoutFilter { accountId: Hex reason: Reason }

  "The last block whose events are all indexed"
  type Index { chainId: Int! contract: Hex! blockNumber: BigInt! timestamp: BigInt! }

  "Totals over the watcher's journal"
  type Watcher {
    observed: Int!
    valid: Int!
    invalid: Int!
    undetermined: Int!
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
    registrant: Account!
    registeredAt: BigInt!
    requestCount: Int!
    requests(first: Int = 50, after: String): RequestPage!
    results(first: Int = 50, after: String): ResultPage!
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
    "Second at which the present status' window is over"
    windowEnd: BigInt!
    postedAt: BigInt!
    settledAt: BigInt
    blockNumber: BigInt!
    blockHash: Hex!
    transactionHash: Hex!
    logIndex: Int!
    challenge: Challenge
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

  type Action {
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
  type PayoutPage { items: [Payout!]! endCursor: String totalCount: Int! }
  type TimelinePage { items: [TimelineEntry!]! endCursor: String totalCount: Int! }
`
