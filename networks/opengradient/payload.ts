import type { AbiParameter } from 'viem'
import { inferencePrecompileAbi } from './abi.ts'
import { decodeParameters } from './abi-reader.ts'
import { type Dynamic, encoded, list, text, tuple, words } from './abi-writer.ts'
import { type ModelInput, type ModelOutput, type NumberTensor, PayloadError, type StringTensor } from './types.ts'

/** Longest payload that is kept and decoded, in bytes. At 64 bytes a number that is some 16,000 numbers. */
export const MAX_PAYLOAD_BYTES = 2 ** 20
/** Most tensors of a payload, of all kinds together. */
const MAX_TENSORS = 1024
const INT128 = 2n ** 127n

/** What a payload is of: it decides its form. */
export type Payloads = { input: ModelInput; output: ModelOutput }

/**
 * The ABI encoding of an input or output tuple, as in `abi.encode`: what the index keeps of an inference, and what
 * `inputHash` and `outputHash` are the sha256 of. One value has one encoding.
 */
export function encodePayload<Kind extends keyof Payloads>(kind: Kind, payload: Payloads[Kind]): Uint8Array {
  return encoded(formOf(kind, payload))
}

/** How many bytes {@link encodePayload} would give. */
export function payloadSize<Kind extends keyof Payloads>(kind: Kind, payload: Payloads[Kind]): number {
  return 32 + formOf(kind, payload).size
}

function formOf<Kind extends keyof Payloads>(kind: Kind, payload: Payloads[Kind]): Dynamic {
  const shared = [list(payload.numbers.map(numberTensor)), list(payload.strings.map(stringTensor))]
  if (kind === 'input') return tuple(shared)
  const { jsons, is_simulation_result } = payload as ModelOutput
  return tuple([...shared, list(jsons.map((one) => tuple([text(one.name), text(one.value)]))), is_simulation_result])
}

function numberTensor({ name, values, shape }: NumberTensor): Dynamic {
  const numbers = words(values.length, 2, (row, word) => {
    const { value, decimals } = values[row] as NumberTensor['values'][number]
    return word === 0 ? value : decimals
  })
  return tuple([text(name), numbers, words(shape.length, 1, (axis) => BigInt(shape[axis] as number))])
}

function stringTensor({ name, values }: StringTensor): Dynamic {
  return tuple([text(name), list(values.map(text))])
}

const [, { components: request }, response] = inferencePrecompileAbi[0].inputs
const forms: Record<keyof Payloads, AbiParameter> = { input: request[2], output: response }

/**
 * Reads what {@link encodePayload} made, of whatever stranger: at most {@link MAX_PAYLOAD_BYTES}.
 *
 * @throws PayloadError saying what is wrong
 */
export function decodePayload<Kind extends keyof Payloads>(kind: Kind, bytes: Uint8Array): Payloads[Kind] {
  if (bytes.length > MAX_PAYLOAD_BYTES)
    throw new PayloadError(`the ${kind} has ${bytes.length} bytes, more than the ${MAX_PAYLOAD_BYTES} that are read`)
  const payload = decodeParameters(kind, [forms[kind]], bytes)[0] as Payloads[Kind]
  check(kind, payload)
  return payload
}

/** viem reads words of 32 bytes and believes them. */
function check(kind: keyof Payloads, payload: ModelInput | ModelOutput): void {
  const jsons = 'jsons' in payload ? payload.jsons.length : 0
  if (payload.numbers.length + payload.strings.length + jsons > MAX_TENSORS)
    throw new PayloadError(`the ${kind} has more than ${MAX_TENSORS} tensors`)
  for (const { values, shape } of payload.numbers) {
    for (const { value, decimals } of values)
      if (!isInt128(value) || !isInt128(decimals))
        throw new PayloadError(`the ${kind} holds a number of more than 128 bits`)
    for (const dim of shape)
      if (!Number.isInteger(dim) || dim < 0 || dim >= 2 ** 32)
        throw new PayloadError(`the ${kind} holds a dimension of more than 32 bits`)
  }
}

const isInt128 = (value: bigint) => value >= -INT128 && value < INT128
