import { index, onchainEnum, onchainTable, primaryKey, relations } from 'ponder'
import { networkNames } from './networks/network.ts'
import { rules } from './protocol/arithmetic/bounds.ts'
import { causes, modes, precisions, reasons, statuses } from './protocol/status.ts'

/** Where a request and its result stand. */
export const status = onchainEnum('status', statuses)
/** Which network a row is from. */
export const network = onchainEnum('network', networkNames)
/** How an inference is to be verified, where a network has several ways. */
export const mode = onchainEnum('mode', modes)
/** How a replay is compared with the posted output. */
export const precision = onchainEnum('precision', precisions)
/** How the contract itself can convict. */
export const rule = onchainEnum('rule', rules)
/** Why a result was rejected. */
export const cause = onchainEnum('cause', causes)
/** Why an account was credited. */
export const reason = onchainEnum('reason', reasons)

/**
 * Where a demand stands. Other than on chain, `withheld` is told apart from `returned`: the fee is the demander's again as
 * well, and it was this demand that the result was rejected for.
 */
export const demandStatus = onchainEnum('demand_status', ['open', 'supplied', 'withheld', 'paid', 'returned'])

// What a list is filtered by, then what it is ordered by (`src/api/page.ts`): a page of it is then one walk along an index,
// wherever it begins and however rare what it asks for. Ponder makes them after catching up, so they cost that no time.

/**
 * A registered model; `id` is the hash of all its terms. Where a network registers none, a model is what some inference has
 * named: known by its address alone, so that its hash is not known, and on terms of ours.
 */
export const model = onchainTable(
  'model',
  (t) => ({
    id: t.hex().primaryKey(),
    network: network('network').notNull(),
    /** sha256 of the ONNX file */
    modelHash: t.hex(),
    graphRoot: t.hex(),
    uri: t.text().notNull(),
    precision: precision('precision').notNull(),
    /** largest accepted norm-scaled distance, in 1e-18 */
    tolerance: t.bigint().notNull(),
    arbiterId: t.hex(),
    rule: rule('rule').notNull(),
    /** of the probabilistic bound; zero with every other rule */
    lambda: t.integer().notNull(),
    registrantId: t.hex(),
    requestCount: t.integer().notNull(),
    registeredAt: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    hashIdx: index().on(table.modelHash),
    networkIdx: index().on(table.network, table.registeredAt, table.id),
  }),
)

/** A node and the bond behind its results. Amounts in wei. */
export const node = onchainTable('node', (t) => ({
  id: t.hex().primaryKey(),
  freeBond: t.bigint().notNull(),
  lockedBond: t.bigint().notNull(),
  slashed: t.bigint().notNull(),
  resultCount: t.integer().notNull(),
  finalizedCount: t.integer().notNull(),
  rejectedCount: t.integer().notNull(),
}))

/** Any address that was ever credited. Amounts in wei. */
export const account = onchainTable('account', (t) => ({
  id: t.hex().primaryKey(),
  credited: t.bigint().notNull(),
  withdrawn: t.bigint().notNull(),
}))

/** A request for a model to run on an input. Times in seconds, fee in wei. */
export const request = onchainTable(
  'request',
  (t) => ({
    id: t.hex().primaryKey(),
    network: network('network').notNull(),
    modelId: t.hex().notNull(),
    requesterId: t.hex().notNull(),
    /** the only node that may answer; null for any */
    nodeId: t.hex(),
    fee: t.bigint().notNull(),
    deadline: t.bigint().notNull(),
    inputHash: t.hex().notNull(),
    inputUri: t.text().notNull(),
    /** the input's bytes when it was sent inline */
    input: t.hex(),
    status: status('status').notNull(),
    resultId: t.hex(),
    requestedAt: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    statusIdx: index().on(table.status, table.requestedAt, table.id),
    modelIdx: index().on(table.modelId, table.requestedAt, table.id),
    requesterIdx: index().on(table.requesterId, table.requestedAt, table.id),
    nodeIdx: index().on(table.nodeId, table.requestedAt, table.id),
    networkIdx: index().on(table.network, table.requestedAt, table.id),
    timeIdx: index().on(table.requestedAt, table.id),
  }),
)

/** What a node posted for a request. The four block fields name the very event that posted it. */
export const result = onchainTable(
  'result',
  (t) => ({
    id: t.hex().primaryKey(),
    network: network('network').notNull(),
    /** of the chain that its event is on */
    chainId: t.integer().notNull(),
    requestId: t.hex().notNull(),
    modelId: t.hex().notNull(),
    /** null where the network does not say which node it was */
    nodeId: t.hex(),
    /** null where the network has one way to verify a result only */
    mode: mode('mode'),
    /** what the network itself calls it; null where that is `id` */
    externalId: t.text(),
    outputHash: t.hex().notNull(),
    outputUri: t.text().notNull(),
    /** the output's bytes when they were sent inline */
    output: t.hex(),
    /** wei of the node's bond locked for this result */
    bond: t.bigint().notNull(),
    status: status('status').notNull(),
    /** second at which the present status' window is over */
    windowEnd: t.bigint().notNull(),
    postedAt: t.bigint().notNull(),
    settledAt: t.bigint(),
    /** how much was demanded of its trace, and how often its arbiter was called on */
    demandCount: t.integer().notNull(),
    appealCount: t.integer().notNull(),
    blockNumber: t.bigint().notNull(),
    blockHash: t.hex().notNull(),
    transactionHash: t.hex().notNull(),
    logIndex: t.integer().notNull(),
  }),
  (table) => ({
    statusIdx: index().on(table.status, table.postedAt, table.id),
    modelIdx: index().on(table.modelId, table.postedAt, table.id),
    nodeIdx: index().on(table.nodeId, table.postedAt, table.id),
    networkIdx: index().on(table.network, table.postedAt, table.id),
    externalIdx: index().on(table.externalId),
    timeIdx: index().on(table.postedAt, table.id),
  }),
)

/** The challenge against a result, at most one each; `id` is the result's. */
export const challenge = onchainTable(
  'challenge',
  (t) => ({
    id: t.hex().primaryKey(),
    resultId: t.hex().notNull(),
    challengerId: t.hex().notNull(),
    /** wei */
    bond: t.bigint().notNull(),
    challengedAt: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
    traceRoot: t.hex(),
    traceUri: t.text(),
    revealedAt: t.bigint(),
    /** why the result was rejected; null while open, and when the challenge was lost */
    cause: cause('cause'),
    /** who made the rejecting move: the arbiter, the convictor, whoever claimed the silence */
    rejectedById: t.hex(),
    /** wei of the node's bond taken, and of that burnt */
    slashed: t.bigint(),
    burnt: t.bigint(),
    settledAt: t.bigint(),
  }),
  (table) => ({
    challengerIdx: index().on(table.challengerId, table.challengedAt, table.id),
    causeIdx: index().on(table.cause, table.challengedAt, table.id),
    rejectedByIdx: index().on(table.rejectedById, table.challengedAt, table.id),
    timeIdx: index().on(table.challengedAt, table.id),
  }),
)

/** The proof that convicted a result; `id` is the result's. */
export const conviction = onchainTable(
  'conviction',
  (t) => ({
    id: t.hex().primaryKey(),
    resultId: t.hex().notNull(),
    convictorId: t.hex().notNull(),
    /** keccak256 of the proof, which is in the transaction's calldata */
    proofHash: t.hex().notNull(),
    convictedAt: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    resultIdx: index().on(table.resultId, table.convictedAt, table.id),
    convictorIdx: index().on(table.convictorId, table.convictedAt, table.id),
    timeIdx: index().on(table.convictedAt, table.id),
  }),
)

/** A part of a trace that somebody demanded on chain. Times in seconds, amounts in wei; null where it has not come to that. */
export const demand = onchainTable(
  'demand',
  (t) => ({
    id: t.hex().primaryKey(),
    resultId: t.hex().notNull(),
    demanderId: t.hex().notNull(),
    /** which tensor of the trace */
    entry: t.bigint().notNull(),
    /** first chunk demanded of it */
    first: t.bigint().notNull(),
    /** how many chunks; zero for the tensor's header alone */
    count: t.integer().notNull(),
    fee: t.bigint().notNull(),
    /** what of the fee was burnt: it rises with the number of demands, and the plain fee alone is ever paid to a node */
    burnt: t.bigint(),
    status: demandStatus('status').notNull(),
    /** last second at which it can be supplied */
    until: t.bigint().notNull(),
    /** who brought the data, not always the node */
    supplierId: t.hex(),
    /** what was supplied, in the encoding of the checker */
    data: t.hex(),
    demandedAt: t.bigint().notNull(),
    suppliedAt: t.bigint(),
    withheldAt: t.bigint(),
    settledAt: t.bigint(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
    supplyTransactionHash: t.hex(),
    withheldTransactionHash: t.hex(),
    settleTransactionHash: t.hex(),
  }),
  (table) => ({
    resultIdx: index().on(table.resultId, table.demandedAt, table.id),
    demanderIdx: index().on(table.demanderId, table.demandedAt, table.id),
    supplierIdx: index().on(table.supplierId, table.demandedAt, table.id),
    statusIdx: index().on(table.status, table.demandedAt, table.id),
    transactionIdx: index().on(table.transactionHash),
    timeIdx: index().on(table.demandedAt, table.id),
  }),
)

/** A call on a model's arbiter to rule on a result, one for each account and result; `id` is the ids of both. */
export const appeal = onchainTable(
  'appeal',
  (t) => ({
    id: t.text().primaryKey(),
    resultId: t.hex().notNull(),
    appellantId: t.hex().notNull(),
    /** sha256 of the evidence */
    evidenceHash: t.hex().notNull(),
    uri: t.text().notNull(),
    /** the evidence's bytes when they were sent inline */
    data: t.hex(),
    appealedAt: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    resultIdx: index().on(table.resultId, table.appealedAt, table.id),
    appellantIdx: index().on(table.appellantId, table.appealedAt, table.id),
    transactionIdx: index().on(table.transactionHash),
    timeIdx: index().on(table.appealedAt, table.id),
  }),
)

/** Who was paid what for which reason; `id` names the event. Amount in wei. */
export const payout = onchainTable(
  'payout',
  (t) => ({
    id: t.text().primaryKey(),
    accountId: t.hex().notNull(),
    requestId: t.hex(),
    resultId: t.hex(),
    reason: reason('reason').notNull(),
    amount: t.bigint().notNull(),
    paidAt: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    accountIdx: index().on(table.accountId, table.paidAt, table.id),
    reasonIdx: index().on(table.reason, table.paidAt, table.id),
    requestIdx: index().on(table.requestId),
    resultIdx: index().on(table.resultId),
    timeIdx: index().on(table.paidAt, table.id),
  }),
)

/** One entry for every state change of a request and its result; `id` names the event. */
export const timeline = onchainTable(
  'timeline',
  (t) => ({
    id: t.text().primaryKey(),
    /** of its block: each chain has its own latest change */
    chainId: t.integer().notNull(),
    requestId: t.hex().notNull(),
    resultId: t.hex(),
    from: status('from').notNull(),
    to: status('to').notNull(),
    /** who sent the transaction */
    actorId: t.hex().notNull(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    blockHash: t.hex().notNull(),
    transactionHash: t.hex().notNull(),
    logIndex: t.integer().notNull(),
  }),
  (table) => ({
    requestIdx: index().on(table.requestId),
    resultIdx: index().on(table.resultId),
    actorIdx: index().on(table.actorId, table.timestamp, table.id),
    timeIdx: index().on(table.timestamp, table.id),
    chainIdx: index().on(table.chainId, table.timestamp),
    transactionIdx: index().on(table.transactionHash),
  }),
)

/** What was scheduled: a workflow, which is a contract, to be run again and again. Times in Unix seconds. */
export const task = onchainTable(
  'task',
  (t) => ({
    id: t.hex().primaryKey(),
    network: network('network').notNull(),
    chainId: t.integer().notNull(),
    /** who scheduled it */
    ownerId: t.hex().notNull(),
    /** address of the workflow */
    contract: t.hex().notNull(),
    /** seconds between runs; the scheduler takes any number */
    frequency: t.bigint().notNull(),
    /** when it is to end */
    endTime: t.bigint().notNull(),
    registeredAt: t.bigint().notNull(),
    updatedAt: t.bigint(),
    /** null while it runs */
    stoppedAt: t.bigint(),
    runCount: t.integer().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    ownerIdx: index().on(table.ownerId, table.registeredAt, table.id),
    contractIdx: index().on(table.contract, table.registeredAt, table.id),
    timeIdx: index().on(table.registeredAt, table.id),
  }),
)

/** Which event repeats an inference: that of the hub in front of the precompile, or that of a workflow. */
export const echoKind = onchainEnum('echo_kind', ['hub', 'workflow'])

/** An event in which a contract that asked for an inference says what it was given; `id` names the event. */
export const echo = onchainTable(
  'echo',
  (t) => ({
    id: t.text().primaryKey(),
    network: network('network').notNull(),
    chainId: t.integer().notNull(),
    kind: echoKind('kind').notNull(),
    /** the contract that says it */
    contract: t.hex().notNull(),
    /** who had the workflow run; null where the event does not say it */
    callerId: t.hex(),
    /** the inference of the same transaction; null where there is none */
    resultId: t.hex(),
    /** the schedule that it was run by; null for anything else */
    taskId: t.hex(),
    /** whether it carries no output at all */
    empty: t.boolean().notNull(),
    /** whether it carries the output of that result, byte for byte; null where there is nothing to compare */
    agrees: t.boolean(),
    saidAt: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    blockHash: t.hex().notNull(),
    transactionHash: t.hex().notNull(),
    logIndex: t.integer().notNull(),
  }),
  (table) => ({
    resultIdx: index().on(table.resultId, table.saidAt, table.id),
    taskIdx: index().on(table.taskId, table.saidAt, table.id),
    timeIdx: index().on(table.saidAt, table.id),
  }),
)

/** The latest inference of a transaction, by which an echo is joined to it; no list of it is ever asked for. */
export const latestInference = onchainTable('latest_inference', (t) => ({
  /** `chainId:transactionHash` for the latest one, and with `:outputHash` for the latest one with this output */
  id: t.text().primaryKey(),
  resultId: t.hex().notNull(),
}))

/** The latest schedule of a workflow, by which its runs are joined to it. */
export const latestTask = onchainTable('latest_task', (t) => ({
  /** `chainId:contract` */
  id: t.text().primaryKey(),
  taskId: t.hex().notNull(),
}))

/** What a row of `daily` is about: everything, one model, or one node. */
export const dailyScope = onchainEnum('daily_scope', ['total', 'model', 'node'])

/**
 * What happened to Gainsay's requests and results of one day (what can neither be challenged nor settled has no part in any
 * rate, and would only dilute them): in all, of each model, of each node. A request counts for the UTC
 * day of its block, a result for the day on which it was posted, whatever becomes of it and whenever: so no rate exceeds
 * one, and the rows of a past day go on changing until all its results are settled. One row for each day and subject,
 * because a year of them must be read in no time however many results there are. Amounts in wei, times in seconds.
 */
export const daily = onchainTable(
  'daily',
  (t) => ({
    scope: dailyScope('scope').notNull(),
    /** the model or node; 0x for the total */
    subjectId: t.hex().notNull(),
    /** days since 1970-01-01 */
    day: t.integer().notNull(),
    /** of a node: that name it */
    requests: t.integer().notNull(),
    /** of these requests, those that expired */
    expired: t.integer().notNull(),
    /** offered by these requests */
    fees: t.bigint().notNull(),
    results: t.integer().notNull(),
    challenged: t.integer().notNull(),
    revealed: t.integer().notNull(),
    finalized: t.integer().notNull(),
    rejected: t.integer().notNull(),
    /** fees of the finalized results */
    feesPaid: t.bigint().notNull(),
    /** of the rejected results' bonds, and how much of that was burnt */
    slashed: t.bigint().notNull(),
    burnt: t.bigint().notNull(),
    /** from request to result, of all results: sum, and a histogram as `src/rows/histogram.ts` writes it */
    answerSeconds: t.bigint().notNull(),
    answerTimes: t.text().notNull(),
    /** from result to settlement, of all settled ones */
    settlementSeconds: t.bigint().notNull(),
    settlementTimes: t.text().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.scope, table.subjectId, table.day] }) }),
)

/** What an account was credited on one UTC day for one reason. Amount in wei. */
export const dailyPayout = onchainTable(
  'daily_payout',
  (t) => ({
    reason: reason('reason').notNull(),
    accountId: t.hex().notNull(),
    /** days since 1970-01-01, of the payout itself */
    day: t.integer().notNull(),
    payouts: t.integer().notNull(),
    amount: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.reason, table.accountId, table.day] }) }),
)

/** A node's bond, free and locked, at the end of a UTC day on which it changed. In wei. */
export const dailyStake = onchainTable(
  'daily_stake',
  (t) => ({
    nodeId: t.hex().notNull(),
    /** days since 1970-01-01 */
    day: t.integer().notNull(),
    stake: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.nodeId, table.day] }) }),
)

export const modelRelations = relations(model, ({ one, many }) => ({
  registrant: one(account, { fields: [model.registrantId], references: [account.id] }),
  arbiter: one(account, { fields: [model.arbiterId], references: [account.id] }),
  requests: many(request),
  results: many(result),
}))

export const nodeRelations = relations(node, ({ one, many }) => ({
  account: one(account, { fields: [node.id], references: [account.id] }),
  requests: many(request),
  results: many(result),
}))

export const accountRelations = relations(account, ({ one, many }) => ({
  node: one(node, { fields: [account.id], references: [node.id] }),
  requests: many(request),
  challenges: many(challenge),
  convictions: many(conviction),
  demands: many(demand),
  appeals: many(appeal),
  payouts: many(payout),
}))

export const requestRelations = relations(request, ({ one, many }) => ({
  model: one(model, { fields: [request.modelId], references: [model.id] }),
  requester: one(account, { fields: [request.requesterId], references: [account.id] }),
  node: one(node, { fields: [request.nodeId], references: [node.id] }),
  result: one(result, { fields: [request.resultId], references: [result.id] }),
  payouts: many(payout),
  timeline: many(timeline),
}))

export const resultRelations = relations(result, ({ one, many }) => ({
  request: one(request, { fields: [result.requestId], references: [request.id] }),
  model: one(model, { fields: [result.modelId], references: [model.id] }),
  node: one(node, { fields: [result.nodeId], references: [node.id] }),
  challenge: one(challenge, { fields: [result.id], references: [challenge.id] }),
  conviction: one(conviction, { fields: [result.id], references: [conviction.id] }),
  demands: many(demand),
  appeals: many(appeal),
  payouts: many(payout),
  timeline: many(timeline),
  echoes: many(echo),
}))

export const taskRelations = relations(task, ({ one, many }) => ({
  owner: one(account, { fields: [task.ownerId], references: [account.id] }),
  runs: many(echo),
}))

export const echoRelations = relations(echo, ({ one }) => ({
  result: one(result, { fields: [echo.resultId], references: [result.id] }),
  task: one(task, { fields: [echo.taskId], references: [task.id] }),
}))

export const challengeRelations = relations(challenge, ({ one }) => ({
  result: one(result, { fields: [challenge.resultId], references: [result.id] }),
  challenger: one(account, { fields: [challenge.challengerId], references: [account.id] }),
}))

export const convictionRelations = relations(conviction, ({ one }) => ({
  result: one(result, { fields: [conviction.resultId], references: [result.id] }),
  convictor: one(account, { fields: [conviction.convictorId], references: [account.id] }),
}))

export const demandRelations = relations(demand, ({ one }) => ({
  result: one(result, { fields: [demand.resultId], references: [result.id] }),
  demander: one(account, { fields: [demand.demanderId], references: [account.id] }),
}))

export const appealRelations = relations(appeal, ({ one }) => ({
  result: one(result, { fields: [appeal.resultId], references: [result.id] }),
  appellant: one(account, { fields: [appeal.appellantId], references: [account.id] }),
}))

export const payoutRelations = relations(payout, ({ one }) => ({
  account: one(account, { fields: [payout.accountId], references: [account.id] }),
  request: one(request, { fields: [payout.requestId], references: [request.id] }),
  result: one(result, { fields: [payout.resultId], references: [result.id] }),
}))

export const timelineRelations = relations(timeline, ({ one }) => ({
  request: one(request, { fields: [timeline.requestId], references: [request.id] }),
  result: one(result, { fields: [timeline.resultId], references: [result.id] }),
}))

/** How calls were settled: many under one Merkle root, or one by itself. */
export const teeBatchKind = onchainEnum('tee_batch_kind', ['batch', 'single'])

/**
 * Calls of language models that OpenGradient's TEEs signed, as they were settled: a batch, or a single one. The chain
 * verifies nothing of them: see `audit` in the journal. Null is what a settlement of the other kind has.
 */
export const teeBatch = onchainTable(
  'tee_batch',
  (t) => ({
    /** keccak256 of "opengradient:<chainId>:<transactionHash>:<logIndex>" */
    id: t.hex().primaryKey(),
    chainId: t.integer().notNull(),
    kind: teeBatchKind('kind').notNull(),
    /** of a batch: over its leaves */
    merkleRoot: t.hex(),
    /** how many calls the chain says there are */
    size: t.bigint().notNull(),
    /** Walrus blob of the evidence; null where what the chain has is no blob id */
    blobId: t.text(),
    /** of a single call: who signed, for whom, over what, for which second */
    teeId: t.hex(),
    accountId: t.hex(),
    inputHash: t.hex(),
    outputHash: t.hex(),
    /** null as well where it is too long to be one */
    signature: t.hex(),
    signedAt: t.bigint(),
    /** who sent the transaction */
    senderId: t.hex().notNull(),
    settledAt: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    blockHash: t.hex().notNull(),
    transactionHash: t.hex().notNull(),
    logIndex: t.integer().notNull(),
  }),
  (table) => ({
    kindIdx: index().on(table.kind, table.settledAt, table.id),
    teeIdx: index().on(table.teeId, table.settledAt, table.id),
    timeIdx: index().on(table.settledAt, table.id),
    blockIdx: index().on(table.blockNumber),
  }),
)
