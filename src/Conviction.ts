import schema from 'ponder:schema'
import { demandStatuses, nameOf } from '../protocol/status.ts'
import { on } from './on-contract.ts'
import { ensureAccount } from './rows/account.ts'
import { inlineBytes, storableText } from './rows/text.ts'

const { appeal, conviction, demand, result } = schema

// None of these is a move of a result: those that are, Gainsay announces itself. A commitment is not in the history at
// all: until its proof is shown it names nothing, and anybody can make any number of them.

on('Conviction:Convicted', async ({ event, context: { db } }) => {
  const { resultId, convictor, proofHash } = event.args
  await ensureAccount(db, convictor)
  await db.insert(conviction).values({
    id: resultId,
    resultId,
    convictorId: convictor,
    proofHash,
    convictedAt: event.block.timestamp,
    blockNumber: event.block.number,
    transactionHash: event.transaction.hash,
  })
})

on('Conviction:Demanded', async ({ event, context: { db } }) => {
  const { resultId, demandId, demander, entry, first, count, until, fee } = event.args
  await ensureAccount(db, demander)
  await db.update(result, { id: resultId }).set((row) => ({ demandCount: row.demandCount + 1 }))
  await db.insert(demand).values({
    id: demandId,
    resultId,
    demanderId: demander,
    entry: BigInt(entry),
    first: BigInt(first),
    count,
    fee,
    status: 'open',
    until,
    demandedAt: event.block.timestamp,
    blockNumber: event.block.number,
    transactionHash: event.transaction.hash,
  })
})

on('Conviction:Supplied', async ({ event, context: { db } }) => {
  const { demandId, supplier, data } = event.args
  await ensureAccount(db, supplier)
  await db.update(demand, { id: demandId }).set({
    status: 'supplied',
    supplierId: supplier,
    data: inlineBytes(data),
    suppliedAt: event.block.timestamp,
    supplyTransactionHash: event.transaction.hash,
  })
})

on('Conviction:Withheld', async ({ event, context: { db } }) => {
  await db.update(demand, { id: event.args.demandId }).set({
    status: 'withheld',
    withheldAt: event.block.timestamp,
    withheldTransactionHash: event.transaction.hash,
  })
})

on('Conviction:DemandSettled', async ({ event, context: { db } }) => {
  const { demandId, status, burnt } = event.args
  await db.update(demand, { id: demandId }).set((row) => ({
    // What was withheld is settled by the very claim.
    status: row.status === 'withheld' ? row.status : nameOf(demandStatuses, status) === 'paid' ? 'paid' : 'returned',
    burnt,
    settledAt: event.block.timestamp,
    settleTransactionHash: event.transaction.hash,
  }))
})

on('Conviction:Appealed', async ({ event, context: { db } }) => {
  const { resultId, appellant, evidenceHash, uri, data } = event.args
  await ensureAccount(db, appellant)
  await db.update(result, { id: resultId }).set((row) => ({ appealCount: row.appealCount + 1 }))
  await db.insert(appeal).values({
    id: `${resultId}-${appellant.toLowerCase()}`,
    resultId,
    appellantId: appellant,
    evidenceHash,
    uri: storableText(uri),
    data: inlineBytes(data),
    appealedAt: event.block.timestamp,
    blockNumber: event.block.number,
    transactionHash: event.transaction.hash,
  })
})
