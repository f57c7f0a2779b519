import { concatHex, encodeAbiParameters, encodeEventTopics, type Hex, hexToBytes, size, toHex } from 'viem'
import { inferencePrecompileAbi } from '../../networks/opengradient/abi.ts'
import type { InferenceEvent } from '../../networks/opengradient/types.ts'

/**
 * Code for Anvil that emits what it is told, whatever that is: calldata is a topic, the length of the log's data, and its
 * data, of which zeros at the end may be missing. To be put at the address of any contract that is followed:
 * `anvil_setCode(address, emitterCode)`.
 *
 * In assembly: `n := calldatasize() - 64; calldatacopy(0, 64, n); log1(0, calldataload(32), calldataload(0))`.
 */
export const emitterCode: Hex = '0x6040360360406000376000356020356000a100'

/** Calldata that makes the emitter emit this. */
export function emission(topic: Hex, data: Hex, length = size(data)): Hex {
  return concatHex([topic, toHex(length, { size: 32 }), data])
}

/** topic0 of the precompile's event */
export const [TOPIC] = encodeEventTopics({ abi: inferencePrecompileAbi, eventName: 'ModelInferenceEvent' }) as [Hex]

/** Calldata that makes the emitter emit a `ModelInferenceEvent`, encoded by viem. */
export function inferenceEmission(event: InferenceEvent): Hex {
  return emission(TOPIC, dataOf(event))
}

/** Data of a log of the precompile, encoded by viem. */
export function dataOf({ inferenceID, request, response }: InferenceEvent): Hex {
  return encodeAbiParameters(inferencePrecompileAbi[0].inputs, [inferenceID, request, response])
}

/** Where an event can have a text. */
export type TextPlace = 'inferenceID' | 'modelCID' | 'json'

/**
 * An event of which one text is so many NULs, too many for a request to Anvil: the log's data up to them, and how long it is
 * with them.
 */
export function enormous(where: TextPlace, bytes: number): { head: Hex; length: number } {
  const jsons = [{ name: 'j', value: '' }]
  const data = hexToBytes(
    dataOf({
      inferenceID: where,
      request: { mode: 0, modelCID: where, input: { numbers: [], strings: [] } },
      response: { numbers: [], strings: [], jsons, is_simulation_result: false },
    }),
  )
  const view = new DataView(data.buffer)
  const at = (place: number) => view.getUint32(place + 28)
  const [request, response] = [at(32), at(64)]
  const list = response + at(response + 64)
  const json = list + 32 + at(list + 32)
  // The text's offset now leads to the end, where a text of that length begins.
  const [base, place] = { inferenceID: [0, 0], modelCID: [request, request + 32], json: [json, json + 32] }[where] as [
    number,
    number,
  ]
  view.setUint32(place + 28, data.length - base)
  const head = concatHex([toHex(data), toHex(bytes, { size: 32 })])
  return { head, length: size(head) + 32 * Math.ceil(bytes / 32) }
}

/** Calldata that makes the emitter emit such an event. */
export function enormousEmission(where: TextPlace, bytes: number): Hex {
  const { head, length } = enormous(where, bytes)
  return emission(TOPIC, head, length)
}
