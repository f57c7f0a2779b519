import { infer, inferTrace } from '../node/infer.ts'
import { sentence } from '../node/sentence.ts'
import { parseOnnx } from '../protocol/onnx.ts'
import type { Precision } from '../protocol/status.ts'
import { decodeTensors, encodeTensors, type NamedTensors } from '../protocol/tensor.ts'
import { decodeTrace, type Trace, traceRoot } from '../protocol/trace.ts'
import { runModel } from '../replay/runtime/runtime.ts'
import { distance, type Squashing } from './distance.ts'

/** A revealed result, fetched. All but the trace are checked against their hashes. */
export interface JudgeParameters {
  readonly model: Uint8Array
  readonly inputBytes: Uint8Array
  readonly outputBytes: Uint8Array
  /** what the node published as its trace; undefined when it cannot be got */
  readonly traceBytes: Uint8Array | undefined
  /** the root that it revealed */
  readonly traceRoot: `0x${string}`
  readonly precision: Precision
  readonly tolerance: number
  /** which outputs come out of a sigmoid or softmax; none when absent */
  readonly squashing?: Squashing
}

/** Whether a posted output is that of the model on the input; `unclear` when nobody could have computed one. */
export interface Judgement {
  readonly type: 'right' | 'wrong' | 'unclear'
  readonly reason: string
  /** what the revealed trace shows, for people; nothing is decided by it */
  readonly trace: string
}

/**
 * Computes a result again and compares, for the arbiter: one replay, one rule, nothing of the watcher's verdict.
 *
 * - `exact`: the same bytes as from the WASM runtime
 * - `fp32`: within the tolerance of the native runtime's outputs
 */
export async function judge(result: JudgeParameters): Promise<Judgement> {
  const { model, precision, tolerance } = result
  let inputs: NamedTensors
  let outputs: NamedTensors
  try {
    inputs = decodeTensors(result.inputBytes)
    outputs =
      precision === 'exact'
        ? (await runModel({ model, inputs, runtime: 'wasm' })).outputs
        : await infer({ model, inputs })
  } catch (error) {
    return { type: 'unclear', reason: `there is no right output: ${sentence(error)}`, trace: 'not looked at' }
  }
  const posted = decoded(() => decodeTensors(result.outputBytes))
  const trace = await explain(result, inputs, posted)
  if (!posted) return { type: 'wrong', reason: 'the output is not tensors', trace }
  if (precision === 'exact') {
    const equal = Buffer.compare(encodeTensors(outputs), result.outputBytes) === 0
    return equal
      ? { type: 'right', reason: 'the bytes are equal', trace }
      : { type: 'wrong', reason: 'the bytes are not equal', trace }
  }
  const d = distance(posted, outputs, result.squashing)
  return d <= tolerance
    ? { type: 'right', reason: `distance ${d} within ${tolerance}`, trace }
    : { type: 'wrong', reason: `distance ${d} beyond ${tolerance}`, trace }
}

/** Finds the first operator at which the revealed trace leaves the arbiter's own. */
async function explain(result: JudgeParameters, inputs: NamedTensors, posted: NamedTensors | undefined) {
  const { model, traceBytes, tolerance } = result
  if (!traceBytes) return 'it could not be fetched'
  const revealed = decoded(() => decodeTrace(traceBytes))
  if (!revealed || revealed.length === 0) return 'it is not one'
  if (traceRoot(revealed) !== result.traceRoot) return 'it does not have the revealed root'
  const claimed = tensorsOf(revealed)
  for (const name of parseOnnx(model).outputs)
    if (distance(pick(claimed, name), pick(posted ?? new Map(), name)) !== 0)
      return 'it does not end in what was posted'
  for (const { name, tensor } of await inferTrace({ model, inputs })) {
    const d = distance(pick(claimed, name), new Map([[name, tensor]]))
    if (!(d <= tolerance)) return `it leaves the model's at ${JSON.stringify(name)}`
  }
  return "it is the model's"
}

function tensorsOf(trace: Trace): NamedTensors {
  return new Map(trace.map(({ name, tensor }) => [name, tensor]))
}

function pick(tensors: NamedTensors, name: string): NamedTensors {
  const tensor = tensors.get(name)
  return new Map(tensor ? [[name, tensor]] : [])
}

/** Undefined for bytes of a stranger that are not what they should be. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
