import type { Context } from 'ponder:registry'
import schema from 'ponder:schema'
import type { Hex } from 'viem'
import { rules } from '../protocol/arithmetic/bounds.ts'
import { causes, nameOf, precisions, reasons, type Status } from '../protocol/status.ts'
import { on } from './on-contract.ts'
import { ensureAccount } from './rows/account.ts'
import { countDaily, countPayout, noteStake } from './rows/daily.ts'
import { type ChainEvent, eventId, timelineEntry } from './rows/event.ts'
import { addressOrNull, inlineBytes, storableText } from './rows/text.ts'

const { account, challenge, model, node, payout, request, result, timeline } = schema

type Db = Context['db']

on('Gainsay:ModelRegistered', async ({ event, context: { db } }) => {
  const { modelId, modelHash, graphRoot, uri, precision, tolerance, arbiter, rule, lambda, registrant } = event.args
  await ensureAccount(db, registrant)
  await ensureAccount(db, arbiter)
  await db.insert(model).values({
    id: modelId,
    network: 'gainsay',
    modelHash,
    graphRoot,
    uri: storableText(uri),
    precision: nameOf(precisions, precision),
    tolerance,
    arbiterId: arbiter,
    rule: nameOf(rules, rule),
    lambda,
    registrantId: registrant,
    requestCount: 0,
    registeredAt: event.block.timestamp,
    blockNumber: event.block.number,
    transactionHash: event.transaction.hash,
  })
})

on('Gainsay:Bonded', ({ event, context: { db } }) => setBond(db, event))
on('Gainsay:Unbonded', ({ event, context: { db } }) => setBond(db, event))

on('Gainsay:Requested', async ({ event, context: { db, chain } }) => {
  const { requestId, modelId, requester, node: named, fee, deadline, input } = event.args
  await ensureAccount(db, requester)
  await db.update(model, { id: modelId }).set((row) => ({ requestCount: row.requestCount + 1 }))
  await db.insert(request).values({
    id: requestId,
    network: 'gainsay',
    modelId,
    requesterId: requester,
    nodeId: addressOrNull(named),
    fee,
    deadline,
    inputHash: input.hash,
    inputUri: storableText(input.uri),
    input: inlineBytes(input.data),
    status: 'requested',
    requestedAt: event.block.timestamp,
    blockNumber: event.block.number,
    transactionHash: event.transaction.hash,
  })
  await db
    .insert(timeline)
    .values(timelineEntry(chain.id, event, { requestId, resultId: null, from: 'none', to: 'requested' }))
  await countDaily(db, event.block.timestamp, { modelId, nodeId: addressOrNull(named) }, { requests: 1, fees: fee })
})

on('Gainsay:Posted', async ({ event, context: { db, chain } }) => {
  const { resultId, requestId, node: poster, windowEnd, bond, output } = event.args
  const { modelId, requestedAt } = await db.update(request, { id: requestId }).set({ status: 'posted', resultId })
  await db.update(node, { id: poster }).set((row) => ({
    resultCount: row.resultCount + 1,
    freeBond: row.freeBond - bond,
    lockedBond: row.lockedBond + bond,
  }))
  await db.insert(result).values({
    id: resultId,
    network: 'gainsay',
    chainId: chain.id,
    requestId,
    modelId,
    nodeId: poster,
    outputHash: output.hash,
    outputUri: storableText(output.uri),
    output: inlineBytes(output.data),
    bond,
    status: 'posted',
    windowEnd,
    postedAt: event.block.timestamp,
    demandCount: 0,
    appealCount: 0,
    blockNumber: event.block.number,
    blockHash: event.block.hash,
    transactionHash: event.transaction.hash,
    logIndex: event.log.logIndex,
  })
  await db
    .insert(timeline)
    .values(timelineEntry(chain.id, event, { requestId, resultId, from: 'requested', to: 'posted' }))
  const postedAt = event.block.timestamp
  await countDaily(db, postedAt, { modelId, nodeId: poster }, { results: 1, answerSeconds: postedAt - requestedAt })
})

on('Gainsay:Challenged', async ({ event, context }) => {
  const { db } = context
  const { resultId, challenger, bond, windowEnd } = event.args
  await ensureAccount(db, challenger)
  const { posted } = await moveResult(context, event, resultId, 'challenged', { windowEnd })
  await countDaily(db, posted.postedAt, posted, { challenged: 1 })
  await db.insert(challenge).values({
    id: resultId,
    resultId,
    challengerId: challenger,
    bond,
    challengedAt: event.block.timestamp,
    transactionHash: event.transaction.hash,
  })
})

on('Gainsay:Revealed', async ({ event, context }) => {
  const { db } = context
  const { resultId, traceRoot, uri, windowEnd } = event.args
  const { posted } = await moveResult(context, event, resultId, 'revealed', { windowEnd })
  await countDaily(db, posted.postedAt, posted, { revealed: 1 })
  await db
    .update(challenge, { id: resultId })
    .set({ traceRoot, traceUri: storableText(uri), revealedAt: event.block.timestamp })
})

// Not a move: what was demanded on chain only keeps the result open for longer.
on('Gainsay:Extended', async ({ event, context: { db } }) => {
  const { resultId, windowEnd } = event.args
  await db.update(result, { id: resultId }).set({ windowEnd })
})

on('Gainsay:Rejected', async ({ event, context }) => {
  const { db } = context
  const { resultId, cause, by, slashed, burnt } = event.args
  const settledAt = event.block.timestamp
  const { posted, nodeId } = await moveResult(context, event, resultId, 'rejected', { settledAt })
  await db
    .update(challenge, { id: resultId })
    .set({ cause: nameOf(causes, cause), rejectedById: by, slashed, burnt, settledAt })
  const { freeBond, lockedBond } = await db.update(node, { id: nodeId }).set((row) => ({
    lockedBond: row.lockedBond - posted.bond,
    slashed: row.slashed + slashed,
    rejectedCount: row.rejectedCount + 1,
  }))
  await noteStake(db, settledAt, nodeId, freeBond + lockedBond)
  const settlementSeconds = settledAt - posted.postedAt
  await countDaily(db, posted.postedAt, posted, { rejected: 1, slashed, burnt, settlementSeconds })
})

on('Gainsay:Finalized', async ({ event, context }) => {
  const { db } = context
  const { resultId } = event.args
  const settledAt = event.block.timestamp
  const { posted, nodeId, fee, was } = await moveResult(context, event, resultId, 'finalized', { settledAt })
  if (was === 'revealed') await db.update(challenge, { id: resultId }).set({ settledAt })
  await db.update(node, { id: nodeId }).set((row) => ({
    freeBond: row.freeBond + posted.bond,
    lockedBond: row.lockedBond - posted.bond,
    finalizedCount: row.finalizedCount + 1,
  }))
  const settlementSeconds = settledAt - posted.postedAt
  await countDaily(db, posted.postedAt, posted, { finalized: 1, feesPaid: fee, settlementSeconds })
})

on('Gainsay:Expired', async ({ event, context: { db, chain } }) => {
  const { requestId } = event.args
  const asked = await db.update(request, { id: requestId }).set({ status: 'expired' })
  await countDaily(db, asked.requestedAt, asked, { expired: 1 })
  await db
    .insert(timeline)
    .values(timelineEntry(chain.id, event, { requestId, resultId: null, from: 'requested', to: 'expired' }))
})

on('Gainsay:Credited', async ({ event, context: { db } }) => {
  const { account: payee, id, reason, amount } = event.args
  await db
    .insert(account)
    .values({ id: payee, credited: amount, withdrawn: 0n })
    .onConflictDoUpdate((row) => ({ credited: row.credited + amount }))
  const name = nameOf(reasons, reason)
  const paidFor = name === 'unbonded' ? null : await db.find(result, { id })
  await db.insert(payout).values({
    id: eventId(event),
    accountId: payee,
    // A refund is for a rejected result, or for a request that expired before it had one.
    requestId: name === 'unbonded' ? null : (paidFor?.requestId ?? id),
    resultId: paidFor?.id ?? null,
    reason: name,
    amount,
    paidAt: event.block.timestamp,
    blockNumber: event.block.number,
    transactionHash: event.transaction.hash,
  })
  await countPayout(db, event.block.timestamp, { accountId: payee, reason: name, amount })
})

on('Gainsay:Withdrawn', async ({ event, context: { db } }) => {
  const { account: payee, amount } = event.args
  await db.update(account, { id: payee }).set((row) => ({ withdrawn: row.withdrawn + amount }))
})

/** Moves a result and its request to a status and enters the change in the timeline. @returns the result and its fee */
async function moveResult(
  { db, chain }: Pick<Context, 'db' | 'chain'>,
  event: ChainEvent,
  resultId: Hex,
  to: Status,
  change: { windowEnd?: bigint; settledAt?: bigint },
) {
  let was = 'none' as Status
  const posted = await db.update(result, { id: resultId }).set((row) => {
    was = row.status
    return { ...change, status: to }
  })
  const { requestId } = posted
  const { fee } = await db.update(request, { id: requestId }).set({ status: to })
  await db.insert(timeline).values(timelineEntry(chain.id, event, { requestId, resultId, from: was, to }))
  // Every result of this contract names its node.
  return { posted, nodeId: posted.nodeId as Hex, fee, was }
}

/** Bonded and Unbonded carry the totals after the move, so the row follows the contract rather than a sum of ours. */
async function setBond(
  db: Db,
  { args: { node: id, free, locked }, block }: ChainEvent & { args: { node: Hex; free: bigint; locked: bigint } },
) {
  await ensureAccount(db, id)
  await noteStake(db, block.timestamp, id, free + locked)
  await db
    .insert(node)
    .values({
      id,
      freeBond: free,
      lockedBond: locked,
      slashed: 0n,
      resultCount: 0,
      finalizedCount: 0,
      rejectedCount: 0,
    })
    .onConflictDoUpdate({ freeBond: free, lockedBond: locked })
}
