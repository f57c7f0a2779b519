import {
  type Attestation,
  AttestationError,
  attestationDomain,
  attestationTypes,
  attestedVerdict,
} from './attestation.ts'

type Hex = `0x${string}`

/** An attestation's message in JSON: whole numbers of more than 32 bits as decimal strings. */
export type AttestationMessage = {
  [Field in keyof Attestation]: Attestation[Field] extends bigint ? string : Attestation[Field]
}

/** A signed attestation as it is published: what viem's `verifyTypedData` takes, with the signer as its `address`. */
export interface SignedAttestation {
  domain: typeof attestationDomain
  types: typeof attestationTypes
  primaryType: 'Attestation'
  message: AttestationMessage
  signature: Hex
  /** lower case */
  signer: Hex
}

/** The message as JSON has it; the fields in the order of the type. */
export function messageOf(attestation: Attestation): AttestationMessage {
  const fields = attestationTypes.Attestation.map(({ name }) => {
    const value = attestation[name]
    return [name, typeof value === 'bigint' ? String(value) : value]
  })
  return Object.fromEntries(fields) as AttestationMessage
}

/** An attestation with its signature, as it is published. */
export function published(message: AttestationMessage, signature: Hex, signer: Hex): SignedAttestation {
  const form = { domain: attestationDomain, types: attestationTypes, primaryType: 'Attestation' as const }
  return { ...form, message, signature, signer }
}

/**
 * Reads an attestation's message out of JSON that a stranger gave: exactly the fields of the type, each within its bounds.
 *
 * @throws AttestationError naming the field that is wrong
 */
export function parseMessage(json: unknown): Attestation {
  if (typeof json !== 'object' || json === null) throw new AttestationError('the message is not an object')
  const given = json as Record<string, unknown>
  const known = attestationTypes.Attestation
  const extra = Object.keys(given).find((name) => !known.some((field) => field.name === name))
  if (extra !== undefined) throw new AttestationError(`the message has a field too many: ${extra.slice(0, 40)}`)
  const message = Object.fromEntries(known.map(({ name, type }) => [name, parsed(name, type, given[name])]))
  const attestation = message as unknown as Attestation
  if (!attestedVerdict(attestation.verdict)) throw new AttestationError('verdict is neither 1 (valid) nor 2 (invalid)')
  return attestation
}

function parsed(name: string, type: string, value: unknown): string | number | bigint {
  if (type === 'string') {
    if (typeof value === 'string' && value.length <= 4096) return value
    throw new AttestationError(`${name} is not a text of at most 4096 characters`)
  }
  if (type === 'bytes32') {
    if (typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase()
    throw new AttestationError(`${name} is not 32 bytes of hex`)
  }
  const bits = Number(type.slice('uint'.length))
  const text = Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || !/^\d{1,78}$/.test(text) || BigInt(text) >= 2n ** BigInt(bits))
    throw new AttestationError(`${name} is not a whole number of ${bits} bits`)
  return bits === 8 ? Number(text) : BigInt(text)
}
