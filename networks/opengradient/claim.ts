import type { Hex } from 'viem'
import { sha256Hex } from '../../protocol/sha256.ts'
import type { ModelSignature } from '../../protocol/signature.ts'
import { encodeTensors, type NamedTensors, TensorFormatError } from '../../protocol/tensor.ts'
import { decodePayload } from './payload.ts'
import { inputTensors, outputTensors } from './tensors.ts'
import { PayloadError } from './types.ts'

/** A recorded inference, with its model at hand. */
export interface RecordedClaim {
  /** where the model is, and the sha256 of the file that was found there and verified */
  model: { hash: Hex; uri: string }
  /** payloads as the index keeps them; null where they were too long */
  input: Uint8Array | null
  output: Uint8Array | null
  signature: ModelSignature
  /** largest accepted norm-scaled distance, in 1e-18, as in the configuration */
  tolerance: bigint
  /** smaller is more urgent */
  priority?: number
}

/** What `examine` of `replay/` takes: everything inline. */
export interface InferenceClaim {
  model: { hash: Hex; uri: string }
  input: { hash: Hex; uri: ''; data: Uint8Array }
  output: { hash: Hex; uri: ''; data: Uint8Array }
  rule: { precision: 'fp32'; tolerance: number }
  priority?: number
}

/**
 * The claim of a recorded inference, or why there is none to judge: then the verdict is `undetermined`, for good. Never
 * throws.
 */
export function inferenceClaim(
  it: RecordedClaim,
): { kind: 'claim'; claim: InferenceClaim } | { kind: 'undetermined'; reason: string } {
  try {
    const { model, signature, priority } = it
    const input = inline('input', inputTensors(decodePayload('input', kept('input', it.input)), signature))
    const output = inline('output', outputTensors(decodePayload('output', kept('output', it.output)), signature))
    const rule = { precision: 'fp32' as const, tolerance: Number(it.tolerance) / 1e18 }
    const claim = { model, input, output, rule, ...(priority === undefined ? {} : { priority }) }
    return { kind: 'claim', claim }
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    return { kind: 'undetermined', reason: error.message }
  }
}

function kept(what: string, payload: Uint8Array | null): Uint8Array {
  if (!payload) throw new PayloadError(`the ${what} is longer than what is kept`)
  return payload
}

function inline(what: string, tensors: NamedTensors): InferenceClaim['input'] {
  try {
    const data = encodeTensors(tensors)
    return { hash: sha256Hex(data), uri: '', data }
  } catch (error) {
    if (!(error instanceof TensorFormatError)) throw error
    throw new PayloadError(`the ${what} is more than can be compared (${error.message})`, { cause: error })
  }
}
