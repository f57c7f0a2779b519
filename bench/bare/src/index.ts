import { type EventNames, ponder } from 'ponder:registry'
import { entry, tally } from '../ponder.schema.ts'

const names = [
  'ModelRegistered',
  'Bonded',
  'Unbonded',
  'Requested',
  'Posted',
  'Challenged',
  'Revealed',
  'Rejected',
  'Finalized',
  'Expired',
  'Credited',
  'Withdrawn',
] as const

/** The least an indexer can do with an event and still be one: a row for it, and a counter. */
for (const name of names)
  ponder.on(`Gainsay:${name}` as EventNames, async ({ event, context: { db } }) => {
    if (!('log' in event)) return
    await db.insert(entry).values({
      id: `${event.block.hash}-${event.log.logIndex}`,
      name,
      args: JSON.stringify(event.args, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      transactionHash: event.transaction.hash,
      blockNumber: event.block.number,
      timestamp: event.block.timestamp,
    })
    await db
      .insert(tally)
      .values({ id: name, count: 1 })
      .onConflictDoUpdate((row) => ({ count: row.count + 1 }))
  })
