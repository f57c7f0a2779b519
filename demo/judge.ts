import { infer } from '../node/infer.ts'
import { sentence } from '../node/sentence.ts'
import type { Precision } from '../protocol/status.ts'
import { decodeTensors, encodeTensors, type NamedTensors } from '../protocol/tensor.ts'
import { runModel } from '../replay/runtime/runtime.ts'
import { distance, type Squashing } from './distance.ts'

/** A revealed result, fetched. All are checked against their hashes. */
export interface JudgeParameters {
  readonly model: Uint8Array
  readonly inputBytes: Uint8Array
  readonly outputBytes: Uint8Array
  readonly precision: Precision
  readonly tolerance: number
  /** which outputs come out of a sigmoid or softmax; none when absent */
  readonly squashing?: Squashing
}

/** Whether a posted output is that of the model on the input; `unclear` when nobody could have computed one. */
export interface Judgement {
  readonly type: 'right' | 'wrong' | 'unclear'
  readonly reason: string
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
    return { type: 'unclear', reason: `there is no right output: ${sentence(error)}` }
  }
  const posted = decoded(() => decodeTensors(result.outputBytes))
  if (!posted) return { type: 'wrong', reason: 'the output is not tensors' }
  if (precision === 'exact') {
    const equal = Buffer.compare(encodeTensors(outputs), result.outputBytes) === 0
    return equal
      ? { type: 'right', reason: 'the bytes are equal' }
      : { type: 'wrong', reason: 'the bytes are not equal' }
  }
  const d = distance(posted, outputs, result.squashing)
  return d <= tolerance
    ? { type: 'right', reason: `distance ${d} within ${tolerance}` }
    : { type: 'wrong', reason: `distance ${d} beyond ${tolerance}` }
}

/** Undefined for bytes of a stranger that are not what they should be. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
