import { type Precision, precisions } from './status.ts'

/**
 * The EIP-712 domain of attestations. Neither chain id nor contract: an attestation is a statement about an event, which
 * the message itself names with its chain, and it can be checked anywhere, on any chain and on none. Nothing is spent by
 * showing one, so that showing it twice, or elsewhere, gains nothing; who counts them must count watchers, not attestations.
 */
export const attestationDomain = { name: 'Gainsay', version: '1' } as const

/** The signed type, as EIP-712 wants it. `contracts/src/consumer/Attestations.sol` has the same. */
export const attestationTypes = {
  Attestation: [
    { name: 'network', type: 'string' },
    { name: 'chainId', type: 'uint256' },
    { name: 'blockHash', type: 'bytes32' },
    { name: 'transactionHash', type: 'bytes32' },
    { name: 'logIndex', type: 'uint256' },
    { name: 'resultId', type: 'bytes32' },
    { name: 'modelHash', type: 'bytes32' },
    { name: 'inputHash', type: 'bytes32' },
    { name: 'outputHash', type: 'bytes32' },
    { name: 'verdict', type: 'uint8' },
    { name: 'precision', type: 'uint8' },
    { name: 'tolerance', type: 'uint256' },
    { name: 'distance', type: 'uint256' },
    { name: 'runtimes', type: 'string' },
    { name: 'judgedAt', type: 'uint64' },
  ],
} as const

type Hex = `0x${string}`

/**
 * What a watcher attests of one result: which event posted it, on what bytes it was judged, by which rule, and what came out.
 * Of two by one watcher about one event the one with the later `judgedAt` counts.
 */
export interface Attestation {
  /** whose result it is, such as `opengradient` */
  network: string
  /** with the next three: the very event, which no reorg can replace by another */
  chainId: bigint
  blockHash: Hex
  transactionHash: Hex
  logIndex: bigint
  /** the result's id in Gainsay's history */
  resultId: Hex
  /** sha256 of the model file that was replayed */
  modelHash: Hex
  /** sha256 of the input, as in the result's request */
  inputHash: Hex
  /** sha256 of the output, as in the result */
  outputHash: Hex
  /** 1 valid, 2 invalid; see {@link attestedVerdicts} */
  verdict: number
  /** place in `precisions` */
  precision: number
  /** what the distance was held against, in 1e-18 */
  tolerance: bigint
  /** how far the output lies from the replay, in 1e-18; {@link NO_DISTANCE} where that is no number */
  distance: bigint
  /** what replayed and judged it, with versions */
  runtimes: string
  /** Unix seconds */
  judgedAt: bigint
}

/**
 * Verdicts by their number in an attestation. `undetermined` is none of them: it says something about the watcher (a server
 * did not answer, a model is too large) and nothing about the result, and may be otherwise an hour later. Zero is none
 * either, so that an empty struct attests nothing.
 */
export const attestedVerdicts = { valid: 1, invalid: 2 } as const
export type AttestedVerdict = keyof typeof attestedVerdicts

/** The distance of outputs that have none: another shape, a missing output, a NaN, bits or labels that had to be equal. */
export const NO_DISTANCE = 2n ** 256n - 1n

/** Longest text of a message, in characters. */
const MAX_TEXT = 256

/**
 * A distance or tolerance as signed data has it: floats have no place there. To the nearest 1e-18, ties upwards, but never to
 * 0 unless it is 0, so that what differs is not attested as equal. Order is kept: what was within the tolerance still is.
 *
 * @param value not negative; what is no finite number, or too large, gives {@link NO_DISTANCE}
 */
export function scaled(value: number | null): bigint {
  if (value === null || !Number.isFinite(value)) return NO_DISTANCE
  if (value <= 0) return 0n
  // `toFixed` rounds the exact value of the float, and gives up from 1e21 on, where every float is a whole number.
  const units = value < 1e21 ? BigInt(value.toFixed(18).replace('.', '')) : BigInt(value) * 10n ** 18n
  if (units === 0n) return 1n
  return units < NO_DISTANCE ? units : NO_DISTANCE
}

/** A verdict with all that an attestation says about it. */
export interface Attestable {
  network: string
  chainId: number
  blockHash: string
  transactionHash: string
  logIndex: number
  resultId: string
  modelHash: string
  inputHash: string
  outputHash: string
  verdict: AttestedVerdict
  precision: Precision
  /** null for `exact`, as 0 */
  tolerance: number | null
  /** null where there is no number for it */
  distance: number | null
  /** of the replays, with versions */
  runtimes: readonly string[]
  /** Unix milliseconds */
  judgedAt: number
}

/** Thrown when something cannot be attested because a part of it is not what it must be. */
export class AttestationError extends Error {
  override name = 'AttestationError'
}

/**
 * The message that is signed for a verdict.
 *
 * @param engine who judged, such as `gainsay 0.1.0`
 * @throws AttestationError when a hash is no 32 bytes or a number is none: then nothing must be signed
 */
export function attestationOf(it: Attestable, engine: string): Attestation {
  return {
    network: it.network,
    chainId: whole('chainId', it.chainId),
    blockHash: bytes32('blockHash', it.blockHash),
    transactionHash: bytes32('transactionHash', it.transactionHash),
    logIndex: whole('logIndex', it.logIndex),
    resultId: bytes32('resultId', it.resultId),
    modelHash: bytes32('modelHash', it.modelHash),
    inputHash: bytes32('inputHash', it.inputHash),
    outputHash: bytes32('outputHash', it.outputHash),
    verdict: attestedVerdicts[it.verdict],
    precision: precisions.indexOf(it.precision),
    tolerance: scaled(it.tolerance ?? 0),
    distance: scaled(it.distance),
    runtimes: [engine, ...it.runtimes].join('; ').slice(0, MAX_TEXT),
    judgedAt: whole('judgedAt', Math.floor(it.judgedAt / 1000)),
  }
}

/** The name of a verdict's number; undefined for one that there is not. */
export function attestedVerdict(number: number): AttestedVerdict | undefined {
  return (Object.keys(attestedVerdicts) as AttestedVerdict[]).find((name) => attestedVerdicts[name] === number)
}

function bytes32(name: string, text: string): Hex {
  const lower = text.toLowerCase()
  if (!/^0x[0-9a-f]{64}$/.test(lower)) throw new AttestationError(`${name} is not 32 bytes of hex`)
  return lower as Hex
}

function whole(name: string, value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0) throw new AttestationError(`${name} is not a whole number`)
  return BigInt(value)
}
