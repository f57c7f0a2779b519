import type { Context } from 'ponder:registry'
import schema from 'ponder:schema'
import type { Hex } from 'viem'
import { NOTHING } from '../../networks/opengradient/inference.ts'

const { latestInference, latestTask, result } = schema

type Db = Context['db']

/** Notes an inference as its transaction's latest, so that what is said about it after it finds it. */
export async function noteInference(
  db: Db,
  it: { chainId: number; transactionHash: Hex; outputHash: Hex; resultId: Hex },
): Promise<void> {
  const ofTransaction = `${it.chainId}:${it.transactionHash}`
  for (const id of [ofTransaction, `${ofTransaction}:${it.outputHash}`])
    await db.insert(latestInference).values({ id, resultId: it.resultId }).onConflictDoUpdate({ resultId: it.resultId })
}

/**
 * The inference that an event of the same transaction repeats: the latest one with this very output, or else, where that
 * is nobody's, the latest of all.
 *
 * @param outputHash null where the event carries no output
 */
export async function inferenceRepeated(
  db: Db,
  { chainId, transactionHash, outputHash }: { chainId: number; transactionHash: Hex; outputHash: Hex | null },
): Promise<{ resultId: Hex | null; agrees: boolean | null }> {
  const ofTransaction = `${chainId}:${transactionHash}`
  const same = outputHash && (await db.find(latestInference, { id: `${ofTransaction}:${outputHash}` }))
  if (same) return { resultId: same.resultId, agrees: true }
  const latest = await db.find(latestInference, { id: ofTransaction })
  const inference = latest && (await db.find(result, { id: latest.resultId }))
  // An inference of the time before events carried outputs has none to agree with.
  return { resultId: inference?.id ?? null, agrees: inference && !carriesNone(inference) && outputHash ? false : null }
}

/** Whether an inference's event carried no output at all, rather than one too long to be kept. */
const carriesNone = ({ outputHash }: { outputHash: Hex }) => outputHash === NOTHING.hash

/** Notes a task as the latest of its workflow. */
export async function noteTask(db: Db, it: { chainId: number; contract: Hex; taskId: Hex }): Promise<void> {
  const id = workflowKey(it)
  await db.insert(latestTask).values({ id, taskId: it.taskId }).onConflictDoUpdate({ taskId: it.taskId })
}

/** The latest task of a workflow: its events say who had it run, not for which task. */
export async function taskOfWorkflow(db: Db, it: { chainId: number; contract: Hex }): Promise<Hex | null> {
  return (await db.find(latestTask, { id: workflowKey(it) }))?.taskId ?? null
}

function workflowKey({ chainId, contract }: { chainId: number; contract: Hex }): string {
  return `${chainId}:${contract.toLowerCase()}`
}
