import { concatHex, encodeAbiParameters, encodeEventTopics, type Hex } from 'viem'
import { inferencePrecompileAbi } from '../../networks/opengradient/abi.ts'
import type { InferenceEvent } from '../../networks/opengradient/inference.ts'

/**
 * Code for Anvil that emits what it is told, whatever that is: calldata is a topic, then the data of the log. To be put at
 * the address of any contract that is followed: `anvil_setCode(address, emitterCode)`.
 *
 * In assembly: `n := calldatasize() - 32; calldatacopy(0, 32, n); log1(0, n, calldataload(0))`.
 */
export const emitterCode: Hex = '0x60203603806020600037600035906000a100'

/** Calldata that makes the emitter emit this. */
export function emission(topic: Hex, data: Hex): Hex {
  return concatHex([topic, data])
}

/** Calldata that makes the emitter emit a `ModelInferenceEvent`, encoded by viem. */
export function inferenceEmission(event: InferenceEvent): Hex {
  const [topic] = encodeEventTopics({ abi: inferencePrecompileAbi, eventName: 'ModelInferenceEvent' })
  const { inferenceID, request, response } = event
  return emission(topic as Hex, encodeAbiParameters(inferencePrecompileAbi[0].inputs, [inferenceID, request, response]))
}
