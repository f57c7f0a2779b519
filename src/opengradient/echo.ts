import { type Context, ponder } from 'ponder:registry'
import schema from 'ponder:schema'
import { type Hex, slice } from 'viem'
import { parseConfig } from '../../config/config.ts'
import { isEmptyOutput, storedPayload } from '../../networks/opengradient/inference.ts'
import { readWorkflowLog, workflowLogAbi } from '../../networks/opengradient/logs.ts'
import { type ModelOutput, PayloadError } from '../../networks/opengradient/types.ts'
import { type ChainEvent, eventId } from '../rows/event.ts'
import { inferenceRepeated, taskOfWorkflow } from './latest.ts'

const { echo, task } = schema

/** What a contract that asked for an inference says that it was given. */
interface Said {
  kind: 'hub' | 'workflow'
  contract: Hex
  callerId: Hex | null
  taskId: Hex | null
  /** whether it carries no output */
  empty: boolean
  /** of the output that it carries; null where it is empty, or in a form that the inference's own cannot be compared with */
  outputHash: Hex | null
}

if (parseConfig(process.env).opengradient) {
  ponder.on('OpenGradientHub:InferenceResult', async ({ event, context: { db, chain } }) => {
    const { output } = event.args
    if (output.is_simulation_result) return
    await record(db, chain.id, event, {
      ...{ kind: 'hub', contract: event.log.address, callerId: null, taskId: null, ...saidOf(output) },
    })
  })

  for (const past of ['WithoutJson', 'SignedShape', 'WithoutShape'] as const)
    ponder.on(`OpenGradientHub${past}:InferenceResult`, async ({ event, context: { db, chain } }) => {
      const { numbers, strings, is_simulation_result } = event.args.output
      if (is_simulation_result) return
      const empty = numbers.length + strings.length === 0
      await record(db, chain.id, event, {
        ...{ kind: 'hub', contract: event.log.address, callerId: null, taskId: null, empty, outputHash: null },
      })
    })

  ponder.on(`OpenGradientWorkflow:${workflowLogAbi[0].name}`, async ({ event, context: { db, chain } }) => {
    const said = sayingOf(event.log)
    if (!said || said.output.is_simulation_result) return
    const { caller, output } = said
    const contract = event.log.address
    const taskId = await taskOfWorkflow(db, { chainId: chain.id, contract })
    await record(db, chain.id, event, {
      ...{ kind: 'workflow', contract, callerId: caller, taskId, ...saidOf(output) },
    })
    if (taskId) await db.update(task, { id: taskId }).set((row) => ({ runCount: row.runCount + 1 }))
  })
}

/** Who had a workflow run, and what it says that it was given; undefined where that cannot be read: nobody repeats anything. */
function sayingOf({ topics, data }: { topics: readonly (Hex | null)[]; data: Hex }) {
  const [, caller] = topics
  if (!caller) return undefined
  try {
    return { caller: slice(caller, 12), output: readWorkflowLog(data) }
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    return undefined
  }
}

function saidOf(output: ModelOutput): Pick<Said, 'empty' | 'outputHash'> {
  const empty = isEmptyOutput(output)
  return { empty, outputHash: empty ? null : storedPayload('output', output).hash }
}

async function record(db: Context['db'], chainId: number, event: ChainEvent, said: Said): Promise<void> {
  const { outputHash, ...about } = said
  const transactionHash = event.transaction.hash
  const { resultId, agrees } = await inferenceRepeated(db, { chainId, transactionHash, outputHash })
  await db.insert(echo).values({
    ...{ id: eventId(event), network: 'opengradient', chainId, ...about, resultId, agrees },
    ...{ saidAt: event.block.timestamp, blockNumber: event.block.number, blockHash: event.block.hash },
    ...{ transactionHash, logIndex: event.log.logIndex },
  })
}
