import type { Hex } from 'viem'
import { inferencePrecompileAbi, workflowAbi } from './abi.ts'
import { decodeParameters } from './abi-reader.ts'
import type { InferenceEvent, ModelOutput } from './types.ts'

/**
 * An event whose data Ponder hands on as they are. It leaves out what it cannot decode, and decodes an encoding of a megabyte
 * into gigabytes of text where it points to the same text again and again. Its topic is the hash of its name here, which has
 * the types in it; of what comes after the first closing bracket, viem takes no notice.
 */
function undecoded<Signature extends string>(name: Signature) {
  return [{ type: 'event', anonymous: false, name, inputs: [] }] as const
}

/** The precompile's event, undecoded. What is malformed is recorded too. */
export const inferenceLogAbi = undecoded(
  'ModelInferenceEvent(string,(uint8,string,((string,(int128,int128)[],uint32[])[],(string,string[])[])),((string,(int128,int128)[],uint32[])[],(string,string[])[],(string,string)[],bool))',
)

/** The event of workflows, undecoded: anybody's contract can be registered as one. */
export const workflowLogAbi = undecoded(
  'InferenceResultEmitted(address,((string,(int128,int128)[],uint32[])[],(string,string[])[],(string,string)[],bool))',
)

const [, output] = workflowAbi[0].inputs

/** What a `ModelInferenceEvent` says. @throws PayloadError when it says nothing that can be read */
export function readInferenceLog(data: Hex): InferenceEvent {
  const [inferenceID, request, response] = decodeParameters('event', inferencePrecompileAbi[0].inputs, bytesOf(data))
  return { inferenceID, request, response } as InferenceEvent
}

/** The output in an `InferenceResultEmitted`. @throws PayloadError when there is none that can be read */
export function readWorkflowLog(data: Hex): ModelOutput {
  return decodeParameters('event', [output], bytesOf(data))[0] as ModelOutput
}

/** The bytes of a log's data. Node's own decoder: viem's takes a log of ten megabytes apart digit by digit. */
export function bytesOf(data: Hex): Uint8Array {
  return Buffer.from(data.slice(2), 'hex')
}
