import { type Context, ponder } from 'ponder:registry'
import schema from 'ponder:schema'
import { type Hex, keccak256, stringToBytes } from 'viem'
import { parseConfig } from '../../config/config.ts'
import { ensureAccount } from '../rows/account.ts'
import { noteTask } from './latest.ts'

const { task } = schema

if (parseConfig(process.env).opengradient) {
  ponder.on('OpenGradientScheduler:TaskRegistered', async ({ event, context: { db, chain } }) => {
    const { user, contractAddress: contract, endTime, frequency } = event.args
    const chainId = chain.id
    const id = taskId(chainId, event.args)
    await ensureAccount(db, user)
    await db
      .insert(task)
      .values({
        ...{ id, network: 'opengradient', chainId, ownerId: user, contract, frequency, endTime, runCount: 0 },
        ...{ registeredAt: event.block.timestamp, updatedAt: null, stoppedAt: null },
        ...{ blockNumber: event.block.number, transactionHash: event.transaction.hash },
      })
      // Registered once more after it was stopped.
      .onConflictDoUpdate({ frequency, endTime, updatedAt: event.block.timestamp, stoppedAt: null })
    await noteTask(db, { chainId, contract, taskId: id })
  })

  ponder.on('OpenGradientScheduler:TaskUpdated', async ({ event, context: { db, chain } }) => {
    const { newEndTime: endTime, newFrequency: frequency } = event.args
    const change = { endTime, frequency, updatedAt: event.block.timestamp }
    await changeKnown(db, taskId(chain.id, event.args), change)
  })

  ponder.on('OpenGradientScheduler:TaskStopped', async ({ event, context: { db, chain } }) => {
    await changeKnown(db, taskId(chain.id, event.args), { stoppedAt: event.block.timestamp })
  })
}

/** One that was registered before the first block that is indexed is not known; that is nothing to stop at. */
async function changeKnown(
  db: Context['db'],
  id: Hex,
  change: Partial<Pick<typeof task.$inferSelect, 'endTime' | 'frequency' | 'updatedAt' | 'stoppedAt'>>,
): Promise<void> {
  if (await db.find(task, { id })) await db.update(task, { id }).set(change)
}

/** The scheduler has one task for each user and workflow. */
function taskId(chainId: number, { user, contractAddress }: { user: Hex; contractAddress: Hex }): Hex {
  const of = `${user}:${contractAddress}`.toLowerCase()
  return keccak256(stringToBytes(`opengradient:${chainId}:task:${of}`))
}
