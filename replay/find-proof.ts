import { readFile } from 'node:fs/promises'
import type { Terms } from '../protocol/arithmetic/bounds.ts'
import { type CommittedTrace, commitTrace, EXTRA, IncompleteTraceError } from '../protocol/proof/commit-trace.ts'
import { type CommittedModel, committedModel } from '../protocol/proof/committed-model.ts'
import { findLie, type Suspect } from '../protocol/proof/find-lie.ts'
import type { Proof } from '../protocol/proof/proof.ts'
import type { Ends } from '../protocol/proof/prove-payload.ts'
import { encodeTensors, type NamedTensors, TensorFormatError } from '../protocol/tensor.ts'
import { type Trace, TraceFormatError, unpackTrace } from '../protocol/trace.ts'
import type { Matter } from './matter.ts'
import type { Pool } from './pool/pool.ts'
import { smallSuspects, suspectsOf } from './suspects.ts'

/** What a revealed trace leaves to do. */
export type Finding =
  /** the contract convicts with this proof */
  | { readonly kind: 'provable'; readonly proof: Proof; readonly where: string }
  /** the trace behind the root on chain cannot be had: it has to be demanded there */
  | { readonly kind: 'withheld'; readonly reason: string }
  /** nothing in it is beyond what the registered rule allows; or its operators could not be run, which may be retryable */
  | { readonly kind: 'unprovable'; readonly reason: string; readonly retryable?: true }

/** Largest trace that is looked at, in bytes: it is held in memory, several times. */
export const MAX_TRACE_BYTES = 512 * 2 ** 20

/**
 * Looks in a revealed trace for something that no honest node can have revealed: what ties it to the hashes on chain, the
 * shapes, then every operator, run on the trace's own inputs by the pool, all of them at once.
 *
 * @param matter with a trace
 * @throws Error with `retryable` when the trace could not be fetched for now
 */
export async function findProof(
  matter: Pick<Matter, 'modelHash' | 'modelPath' | 'trace' | 'priority'>,
  { ends, terms }: { ends: Ends; terms: Terms },
  pool: Pick<Pool, 'replay'>,
): Promise<Finding> {
  if (!matter.trace) return { kind: 'withheld', reason: 'there is no address of the trace' }
  const { root, bytes } = await matter.trace()
  const model = committedModel(new Uint8Array(await readFile(matter.modelPath)))
  const { graph } = model
  let committed: CommittedTrace
  let trace: Trace
  try {
    trace = unpackTrace(bytes, MAX_TRACE_BYTES)
    committed = commitTrace(graph, trace)
  } catch (error) {
    if (
      error instanceof TraceFormatError ||
      error instanceof IncompleteTraceError ||
      error instanceof TensorFormatError
    )
      return { kind: 'withheld', reason: `what is published is not the trace: ${error.message}` }
    throw error
  }
  if (committed.root !== root.toLowerCase())
    return { kind: 'withheld', reason: 'what is published does not have the root on chain' }

  const structural = findLie(graph, committed, { ends, terms, suspects: [] })
  if (structural) return provable(structural, model)
  const { suspects, reason, retryable } = await ownRun(matter, model, trace, pool)
  const lie = findLie(graph, committed, { ends, terms, suspects })
  if (lie) return provable(lie, model)
  const open = graph.problems.length > 0 ? `; the contract cannot check ${graph.problems[0]}` : ''
  const unprovable: Finding = { kind: 'unprovable', reason: (reason ?? 'no operator leaves its bound') + open }
  return retryable ? { ...unprovable, retryable } : unprovable
}

/** Every operator on the trace's own inputs, held against the trace. */
async function ownRun(
  { modelHash, modelPath, priority }: Pick<Matter, 'modelHash' | 'modelPath' | 'priority'>,
  { graph }: CommittedModel,
  trace: Trace,
  pool: Pick<Pool, 'replay'>,
): Promise<{ suspects: Iterable<Suspect>; reason?: string; retryable?: boolean }> {
  const claimed: NamedTensors = new Map(trace.slice(0, -EXTRA.length).map(({ name, tensor }) => [name, tensor]))
  const input = encodeTensors(claimed)
  const job = { modelHash, modelPath, input, ...(priority === undefined ? {} : { priority }) }
  const outcome = await pool.replay({ ...job, runtime: 'native', variant: 'cut' })
  if (outcome.kind !== 'outputs') {
    const { reason, retryable } =
      outcome.kind === 'failed' ? outcome : { reason: 'its operators could not be run', retryable: false }
    return { suspects: smallSuspects(graph, claimed), reason, retryable }
  }
  return { suspects: suspectsOf(graph, claimed, outcome.replayed.outputs) }
}

function provable(proof: Proof, { graph }: CommittedModel): Finding {
  if (!('operator' in proof)) {
    const end = proof.outputs ? 'the posted output' : "the request's input"
    return { kind: 'provable', proof, where: `${end} is not what the trace says (${proof.claim})` }
  }
  const name = graph.names[proof.operator.firstOutput + proof.output]
  const what = proof.claim === 'shape' ? 'the shape' : `element ${proof.element}`
  return { kind: 'provable', proof, where: `${what} of ${JSON.stringify(name?.slice(0, 80))} (${proof.operator.type})` }
}
