/** The analytics' part of the GraphQL schema. Definitions stand in the descriptions, where whoever asks sees them. */
export const typeDefs = /* GraphQL */ `
  extend type Query {
    "Numbers of a stretch of days: of everything, by day, by model, by node"
    analytics(
      "First day; 364 days before the last when left out"
      from: Day
      "Last day; the latest indexed one when left out, or when it has not come yet"
      to: Day
    ): Analytics!
  }

  "A day of UTC by the timestamps of blocks, as YYYY-MM-DD"
  scalar Day

  """
  Numbers of a stretch of days. A request counts for the day on which it was made. A result counts for the day on which it was
  posted, whatever becomes of it and whenever: rates are about the same results above and below the line, and never exceed one;
  a day's numbers go on changing until its last result is settled (open tells how many are not). Payouts count for the day on
  which they were credited, stake as it is at the end of a day, opinions for the day on which this watcher first saw the result.
  """
  type Analytics {
    "First day"
    from: Day!
    "Last day"
    to: Day!
    "All days together; of everything, or of one model or one node"
    statistics(
      "Of this model alone"
      modelId: Hex
      "Of this node alone; not together with modelId"
      nodeId: Hex
    ): Statistics!
    "Each day on which something was counted, oldest first"
    days(
      "Of this model alone"
      modelId: Hex
      "Of this node alone; not together with modelId"
      nodeId: Hex
    ): [DayStatistics!]!
    "Each model, that with most results first"
    models(
      "How many, 1 to 1000"
      first: Int = 100
    ): [ModelStatistics!]!
    "Each node, that with most results first"
    nodes(
      "How many, 1 to 1000"
      first: Int = 100
    ): [NodeStatistics!]!
    "Who was credited how much for what, the largest sum first"
    payees(
      "For one of these reasons; for any when left out"
      reasons: [Reason!]
      "How many, 1 to 1000"
      first: Int = 100
    ): [Payee!]!
    "How unevenly work, stake or payouts are spread, over time, oldest first"
    concentration(
      "What is spread"
      of: Spread!
      "Days taken together for one point, counted from the first day; the last point may have fewer"
      every: Int = 1
      "Of payouts, those for one of these reasons: what is earned by working and watching, not one's own money coming back"
      reasons: [Reason!] = [fee, reward, challengeBondForfeited, demandPaid]
    ): [ConcentrationPoint!]!
    "What this watcher thinks, all days together: opinions, apart from what the chain settled; null when no watcher has run here"
    opinions(
      "Of this model alone"
      modelId: Hex
      "Of this node alone"
      nodeId: Hex
    ): Opinions
    "The same by the day on which results were first seen, oldest first"
    opinionDays(
      "Of this model alone"
      modelId: Hex
      "Of this node alone"
      nodeId: Hex
    ): [DayOpinions!]
    "What a verified inference costs; null when no watcher has run here"
    verifiedCost: VerifiedCost
  }

  "Requests made, and results posted, on the days asked for"
  type Statistics {
    "Requests made; of a node, those that name it as the only one that may answer"
    requests: Int!
    "Of these requests, those that nobody answered in time and that were refunded"
    expired: Int!
    "wei offered by these requests"
    fees: BigInt!
    "Results posted"
    results: Int!
    "Of these results, those that were challenged"
    challenged: Int!
    "Of these results, those whose node revealed its trace"
    revealed: Int!
    "Of these results, those that stood"
    finalized: Int!
    "Of these results, those that were rejected"
    rejected: Int!
    "Of these results, those that are not settled yet"
    open: Int!
    "wei of fees for those that stood"
    feesPaid: BigInt!
    "wei of the bonds of those that were rejected"
    slashed: BigInt!
    "wei of that which were burnt"
    burnt: BigInt!
    "Challenged of all results"
    challengeRate: Rate!
    "Rejected of settled results: fraud, or silence when challenged"
    fraudRate: Rate!
    "From request to result, by the timestamps of their blocks, of all results"
    answerLatency: Latency!
    "From result to settlement, likewise, of settled results"
    settlementLatency: Latency!
  }

  "A share, and the whole numbers it is the quotient of"
  type Rate {
    "How many"
    numerator: Int!
    "Of how many"
    denominator: Int!
    "The quotient, 0 to 1; null where there are none to take a share of"
    value: Float
  }

  """
  Times in seconds. Percentiles are by nearest rank: the least time that so many percent do not exceed. They are read off a
  histogram kept when indexing, whose buckets are one second wide below 64 seconds and 1/32 of their octave's begin above (as
  in HdrHistogram, G. Tene): never below the true percentile, at most 1/32 above it, and the very one below 64 seconds.
  """
  type Latency {
    "How many times were measured"
    count: Int!
    "Their sum"
    totalSeconds: BigInt!
    "Their mean, exact but for rounding; null where there are none"
    meanSeconds: Float
    "The median; null where there are none"
    p50: Int
    "The 90th percentile"
    p90: Int
    "The 95th percentile"
    p95: Int
    "The 99th percentile"
    p99: Int
  }

  "The numbers of a day"
  type DayStatistics {
    "The day"
    day: Day!
    "Its numbers"
    statistics: Statistics!
  }

  "The numbers of a model"
  type ModelStatistics {
    "The model"
    model: Model!
    "Its numbers"
    statistics: Statistics!
  }

  "The numbers of a node"
  type NodeStatistics {
    "The node, by its address; a request may name one that never bonded"
    account: Account
    "The same as a node; null when it never bonded"
    node: Node
    "Its address"
    id: Hex!
    "Its numbers"
    statistics: Statistics!
  }

  "What an account was credited for one reason"
  type Payee {
    "Who"
    account: Account!
    "Why"
    reason: Reason!
    "How often"
    payouts: Int!
    "wei"
    amount: BigInt!
  }

  "What can be concentrated in few hands"
  enum Spread {
    "Results posted, by node"
    work
    "Bonds, free and locked, by node, at the end of the last day of each point"
    stake
    "wei credited, by account"
    payouts
  }

  "How something is spread over those who have any of it; whoever has none is not counted"
  type ConcentrationPoint {
    "First day of the point"
    from: Day!
    "Last day of the point"
    to: Day!
    "How many have any"
    participants: Int!
    "What they have together: results, or wei"
    total: BigInt!
    "Herfindahl-Hirschman index: the sum of squared shares, from 1/participants (all alike) to 1 (one has all); times 10,000 it is in the points that regulators use (A. O. Hirschman, The Paternity of an Index, American Economic Review 54, 1964)"
    hhi: Float
    "Gini coefficient: half the relative mean absolute difference, 0 when all are alike (C. Gini, Variabilità e mutabilità, 1912)"
    gini: Float
    "Nakamoto coefficient: the fewest who together have more than half (B. S. Srinivasan and L. Lee, Quantifying Decentralization, 2017)"
    nakamoto: Int
  }

  "What this watcher concluded by replaying: no chain facts. Results that a reorg took away are not counted"
  type Opinions {
    "Results that it saw"
    observed: Int!
    "Those it judged valid"
    valid: Int!
    "Those it judged invalid"
    invalid: Int!
    "Those it could not judge, so far"
    undetermined: Int!
    "Valid or invalid, of all it saw: what share was checked"
    checkedRate: Rate!
    "Undetermined, of all it has a verdict on"
    undeterminedRate: Rate!
  }

  "What this watcher thinks of the results that it first saw on a day"
  type DayOpinions {
    "The day, by this watcher's clock"
    day: Day!
    "What it thinks"
    opinions: Opinions!
  }

  """
  What a verified inference costs: the mean fee of a result that stood, which its requester paid, and the mean gas that this
  watcher spent for each result it judged, whatever the gas was for. Other watchers' gas is not in it, nor is the machine.
  """
  type VerifiedCost {
    "Results posted on these days that stood"
    finalized: Int!
    "wei of their fees"
    feesPaid: BigInt!
    "wei a result, rounded down; null where none stood"
    feePerFinalized: BigInt
    "Results first seen on these days that this watcher judged valid or invalid"
    judged: Int!
    "wei that it paid for gas in transactions that ended on these days"
    gasPaid: BigInt!
    "wei a judged result, rounded down; null where none was judged"
    gasPerJudged: BigInt
    "wei: both together; null where either is"
    total: BigInt
  }
`
