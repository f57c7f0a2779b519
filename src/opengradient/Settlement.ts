import { ponder } from 'ponder:registry'
import schema from 'ponder:schema'
import { parseConfig } from '../../config/config.ts'
import { eventIdOn } from '../../networks/opengradient/inference.ts'
import { blobIdOf } from '../../networks/opengradient/settlement/blob-id.ts'
import { MAX_SIGNATURE_BYTES } from '../../networks/opengradient/settlement/limits.ts'
import type { ChainEvent } from '../rows/event.ts'

const { teeBatch } = schema

// Ponder refuses handlers of contracts that are not in its configuration.
const followed = parseConfig(process.env).opengradient
if (followed) {
  const { chainId } = followed

  ponder.on('OpenGradientSettlement:BatchSettlement', async ({ event, context: { db } }) => {
    const { merkleRoot, batchSize, walrusBlobId } = event.args
    await db.insert(teeBatch).values({
      ...common(chainId, event),
      ...{ kind: 'batch', merkleRoot, size: batchSize, blobId: blobIdOf(walrusBlobId) },
    })
  })

  ponder.on('OpenGradientSettlement:IndividualSettlement', async ({ event, context: { db } }) => {
    const { teeId, ethAddress, inputHash, outputHash, timestamp, walrusBlobId, signature } = event.args
    await db.insert(teeBatch).values({
      ...common(chainId, event),
      ...{ kind: 'single', size: 1n, blobId: blobIdOf(walrusBlobId) },
      ...{ teeId, accountId: ethAddress, inputHash, outputHash, signedAt: timestamp },
      // What is longer than any key's can be no signature; a stranger's megabytes are not kept.
      signature: signature.length <= 2 + 2 * MAX_SIGNATURE_BYTES ? signature : null,
    })
  })
}

/** The columns of every settlement. */
function common(chainId: number, { block, log, transaction }: ChainEvent) {
  return {
    id: eventIdOn(chainId, transaction.hash, log.logIndex),
    ...{ chainId, senderId: transaction.from, settledAt: block.timestamp },
    ...{ blockNumber: block.number, blockHash: block.hash },
    ...{ transactionHash: transaction.hash, logIndex: log.logIndex },
  }
}
