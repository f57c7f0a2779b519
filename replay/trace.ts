import { readFile } from 'node:fs/promises'
import { commitTrace, EXTRA } from '../protocol/proof/commit-trace.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import { decodeTensors, encodeTensors, type NamedTensors, sameShape } from '../protocol/tensor.ts'
import { unpackTrace } from '../protocol/trace.ts'
import type { TraceFinding } from '../verdict/escalate.ts'
import { measure } from '../verdict/measure.ts'
import { MAX_TRACE_BYTES } from './find-proof.ts'
import type { Matter } from './matter.ts'
import type { Pool } from './pool/pool.ts'
import { messageOf, quote } from './quote.ts'

/**
 * One operator on the same inputs: at most a few units in the last place, times what a dot product adds up. The registered
 * tolerance is allowed to each operator, and this where that is tighter.
 */
const LEAST_TOLERANCE = 8e-6

/**
 * Checks a revealed trace: that it has the root on chain, ends in the posted output, and that every operator of the
 * model, given the trace's own tensors and the request's inputs, makes what the trace says. All operators are run at
 * once, in a model whose wires are cut (see `cutModel`).
 */
export async function checkTrace(matter: Matter, pool: Pick<Pool, 'replay'>): Promise<TraceFinding> {
  if (!matter.trace) return { kind: 'none' }
  const { modelHash, modelPath, rule } = matter
  const posted = await matter.posted()
  let claimed: NamedTensors
  let input: Uint8Array
  try {
    const { root, bytes } = await matter.trace()
    const { graph } = committedModel(new Uint8Array(await readFile(modelPath)))
    const trace = unpackTrace(bytes, MAX_TRACE_BYTES)
    if (commitTrace(graph, trace).root !== root.toLowerCase())
      return { kind: 'unusable', reason: 'it does not have the root on chain', retryable: false }
    claimed = new Map(trace.slice(0, -EXTRA.length).map(({ name, tensor }) => [name, tensor]))
    const inputs = decodeTensors(typeof matter.input === 'string' ? await readFile(matter.input) : matter.input)
    // The request's inputs last: a trace cannot replace them.
    input = encodeTensors(new Map([...claimed, ...inputs]))
  } catch (error) {
    const retryable = (error as { retryable?: unknown }).retryable === true
    return { kind: 'unusable', reason: messageOf(error), retryable }
  }
  for (const [output, { data }] of posted)
    if (!claimed.has(output) || Buffer.compare((claimed.get(output) as { data: Uint8Array }).data, data) !== 0)
      return { kind: 'broken', where: `its end: ${quote(output, 80)} is not what was posted`, runtimes: [] }

  const outcome = await pool.replay({ modelHash, modelPath, input, runtime: 'native', variant: 'cut' })
  if (outcome.kind !== 'outputs') {
    const { reason, retryable } = outcome.kind === 'failed' ? outcome : { reason: 'no outputs', retryable: false }
    return { kind: 'unusable', reason: `it could not be run: ${reason}`, retryable }
  }
  const tolerance = Math.max(rule.tolerance, LEAST_TOLERANCE)
  for (const [name, made] of outcome.replayed.outputs) {
    const given = claimed.get(name)
    // A constant: a trace has every tensor but these, nobody can lie about them.
    if (!given) continue
    const broken: TraceFinding = { kind: 'broken', where: quote(name, 80), runtimes: [outcome.runtime] }
    if (!sameShape(given, made)) return broken
    const measured = measure(given, made, outcome.replayed.forms.get(name), undefined)
    if (measured && !(measured.distance !== null && measured.distance <= tolerance + measured.rounding)) return broken
  }
  return { kind: 'sound', runtimes: [outcome.runtime] }
}
