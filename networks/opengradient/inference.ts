import { createHash } from 'node:crypto'
import { type Hex, keccak256, stringToBytes } from 'viem'
import { sha256Hex } from '../../protocol/sha256.ts'
import { type Mode, modes } from '../../protocol/status.ts'
import { bytesOf, readInferenceLog } from './logs.ts'
import { encodePayload, MAX_PAYLOAD_BYTES, type Payloads } from './payload.ts'
import { type InferenceEvent, type ModelOutput, PayloadError } from './types.ts'

/** One side of an inference, as the index keeps it. */
export interface StoredPayload {
  /** the ABI encoding; null above {@link MAX_PAYLOAD_BYTES}, or where the event has none: then no verdict can be reached */
  bytes: Uint8Array | null
  /** `0x…` sha256 of the encoding, kept or not */
  hash: Hex
  /** of the encoding */
  size: number
}

/** What the index stores of one `ModelInferenceEvent`. Texts are bounded, and hold nothing that Postgres refuses. */
export interface RecordedInference {
  /** the network's own name of it, at most 128 characters */
  externalId: string
  mode: Mode
  /** what the chain says is the model, at most 128 characters: a CID, or a Walrus blob id */
  modelReference: string
  /** where its bytes are; see {@link modelUri} */
  modelUri: string
  /** of the common form's `model` */
  modelId: Hex
  input: StoredPayload
  output: StoredPayload
  /** Whether no inference was run: an estimate of gas. The index ignores it. */
  simulation: boolean
}

/** A mode's number that stands for none. */
const UNKNOWN_MODE = 255

/** Longest text of the chain that is kept as text, in UTF-16 units. */
const MAX_TEXT = 128

/** The name of a mode's number, which are in the order of `modes`. */
export function inferenceMode(mode: number): Mode {
  return modes[mode] ?? 'unknown'
}

/**
 * What the index stores of a log of the precompile; never throws. What is malformed is an inference of a mode that nobody
 * knows, of no model, whose output is the log's own bytes.
 */
export function recordLog(data: Hex, chainId: number): RecordedInference {
  try {
    return recordInference(readInferenceLog(data), chainId)
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    const nobody = recordedNames({ inferenceID: '', mode: UNKNOWN_MODE, modelCID: '' }, chainId)
    return { ...nobody, input: NOTHING, output: stored(bytesOf(data)), simulation: false }
  }
}

/** What the index stores of an event; never throws. */
export function recordInference(event: InferenceEvent, chainId: number): RecordedInference {
  const { inferenceID, request, response } = event
  return {
    ...recordedNames({ inferenceID, ...request }, chainId),
    input: storedPayload('input', request.input),
    output: storedPayload('output', response),
    simulation: response.is_simulation_result,
  }
}

/**
 * What the index stores of the event as it was before it carried input and output; never throws. Nobody can judge it.
 *
 * @see history-abi.ts
 */
export function recordPastInference(event: NamedInference, chainId: number): RecordedInference {
  return { ...recordedNames(event, chainId), input: NOTHING, output: NOTHING, simulation: false }
}

/** What every form of the event says. */
interface NamedInference {
  inferenceID: string
  mode: number
  modelCID: string
}

function recordedNames({ inferenceID, mode, modelCID }: NamedInference, chainId: number) {
  return {
    externalId: boundedText(inferenceID),
    mode: inferenceMode(mode),
    modelReference: boundedText(modelCID),
    modelUri: modelUri(modelCID),
    modelId: modelId(chainId, modelCID),
  }
}

/** A payload that an event does not carry. */
export const NOTHING: StoredPayload = { bytes: null, hash: sha256Hex(new Uint8Array(0)), size: 0 }

/** A payload with its hash; also of the output that a hub's event carries, to find the inference that it belongs to. */
export function storedPayload<Kind extends keyof Payloads>(kind: Kind, payload: Payloads[Kind]): StoredPayload {
  return stored(encodePayload(kind, payload))
}

function stored(bytes: Uint8Array): StoredPayload {
  return { bytes: bytes.length > MAX_PAYLOAD_BYTES ? null : bytes, hash: sha256Hex(bytes), size: bytes.length }
}

/** Whether a hub's event says nothing: its output arrives without tensors where only the precompile has them. */
export function isEmptyOutput({ numbers, strings, jsons }: ModelOutput): boolean {
  return numbers.length + strings.length + jsons.length === 0
}

/**
 * Where a model's bytes are: `ipfs://<CID>` (v0, or v1 in base32), or `walrus://<blob id>`, which is 32 bytes in 43
 * base64url characters. Anything else cannot be fetched, and is `unknown:` and what the chain says, percent-encoded: an
 * address that no source takes, so that the result is `undetermined` and the reason shows it.
 */
export function modelUri(reference: string): string {
  if (/^(Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{58,110})$/.test(reference)) return `ipfs://${reference}`
  if (/^[A-Za-z0-9_-]{43}$/.test(reference)) return `walrus://${reference}`
  return `unknown:${encodeURIComponent(boundedText(reference))}`
}

/**
 * Id of a model in the common form: keccak256 of `opengradient:<chainId>:<reference>`. A reference over 128 characters,
 * which no model has, stands in it as `sha256:` and its hash: keccak256 of ten megabytes would take a second.
 */
export function modelId(chainId: number, reference: string): Hex {
  const short =
    reference.length > MAX_TEXT ? `sha256:${createHash('sha256').update(reference).digest('hex')}` : reference
  return keccak256(stringToBytes(`opengradient:${chainId}:${short}`))
}

/** Id of what one event makes in the common form: of its request and its result, or of its batch. The same after a reorg. */
export function eventIdOn(chainId: number, transactionHash: Hex, logIndex: number): Hex {
  return keccak256(stringToBytes(`opengradient:${chainId}:${transactionHash}:${logIndex}`))
}

/** At most 128 UTF-16 units and a mark that there is more; control characters and halves of pairs are replaced. */
function boundedText(text: string): string {
  const kept = text.slice(0, MAX_TEXT).replace(/[\p{Cc}\p{Surrogate}]/gu, '\ufffd')
  return text.length > MAX_TEXT ? `${kept.slice(0, MAX_TEXT - 1)}…` : kept
}
