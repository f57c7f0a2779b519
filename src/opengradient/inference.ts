import { type Context, ponder } from 'ponder:registry'
import schema from 'ponder:schema'
import { bytesToHex, type Hex } from 'viem'
import { parseConfig } from '../../config/config.ts'
import {
  eventIdOn,
  type RecordedInference,
  recordLog,
  recordPastInference,
  type StoredPayload,
} from '../../networks/opengradient/inference.ts'
import { inferenceLogAbi } from '../../networks/opengradient/logs.ts'
import { ensureAccount } from '../rows/account.ts'
import { type ChainEvent, timelineEntry } from '../rows/event.ts'
import { noteInference } from './latest.ts'

const { model, request, result, timeline } = schema

const { opengradient } = parseConfig(process.env)

// Nothing in here may throw, whatever an event says: Ponder stops at a handler that does, and with it Gainsay's own history.
if (opengradient) {
  const { tolerance } = opengradient
  ponder.on(`OpenGradientInference:${inferenceLogAbi[0].name}`, async ({ event, context: { db, chain } }) => {
    const inference = recordLog(event.log.data, chain.id)
    // An estimate of gas: no inference was run.
    if (inference.simulation) return
    await record(db, event, inference, { chainId: chain.id, tolerance })
  })

  ponder.on('OpenGradientPastInference:ModelInferenceEvent', ({ event, context: { db, chain } }) =>
    record(db, event, recordPastInference(event.args, chain.id), { chainId: chain.id, tolerance }),
  )
}

/** Records one inference as what it is in the common form: a model named, a request made, and its result. */
async function record(
  db: Context['db'],
  event: ChainEvent,
  inference: RecordedInference,
  { chainId, tolerance }: { chainId: number; tolerance: bigint },
): Promise<void> {
  const { modelId, input, output } = inference
  const network = 'opengradient'
  const { hash: transactionHash, from: requesterId } = event.transaction
  const { timestamp, number: blockNumber, hash: blockHash } = event.block
  const id = eventIdOn(chainId, transactionHash, event.log.logIndex)
  await ensureAccount(db, requesterId)
  await db
    .insert(model)
    .values({
      ...{ id: modelId, network, modelHash: null, graphRoot: null, uri: inference.modelUri },
      // The network has no terms. It runs models on IEEE single precision, on machines that nobody knows.
      ...{ precision: 'fp32', tolerance, rule: 'arbiter', lambda: 0, arbiterId: null, registrantId: null },
      ...{ requestCount: 1, registeredAt: timestamp, blockNumber, transactionHash },
    })
    .onConflictDoUpdate((row) => ({ requestCount: row.requestCount + 1 }))
  await db.insert(request).values({
    ...{ id, network, modelId, requesterId, nodeId: null, fee: 0n, deadline: timestamp },
    ...{ inputHash: input.hash, inputUri: '', input: keptBytes(input) },
    ...{ status: 'recorded', resultId: id, requestedAt: timestamp, blockNumber, transactionHash },
  })
  await db.insert(result).values({
    ...{ id, network, chainId, requestId: id, modelId, nodeId: null },
    ...{ mode: inference.mode, externalId: inference.externalId },
    ...{ outputHash: output.hash, outputUri: '', output: keptBytes(output) },
    ...{ bond: 0n, status: 'recorded', windowEnd: timestamp, postedAt: timestamp, demandCount: 0, appealCount: 0 },
    ...{ blockNumber, blockHash, transactionHash, logIndex: event.log.logIndex },
  })
  await db
    .insert(timeline)
    .values(timelineEntry(chainId, event, { requestId: id, resultId: id, from: 'none', to: 'recorded' }))
  await noteInference(db, { chainId, transactionHash, outputHash: output.hash, resultId: id })
}

function keptBytes({ bytes }: StoredPayload): Hex | null {
  return bytes && bytesToHex(bytes)
}
