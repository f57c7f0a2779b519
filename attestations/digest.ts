import { type Address, type Hex, hashTypedData, isAddressEqual, recoverTypedDataAddress } from 'viem'
import { type Attestation, AttestationError, attestationDomain, attestationTypes } from '../protocol/attestation.ts'
import { parseMessage, type SignedAttestation } from '../protocol/attestation-json.ts'

/** Half of the order of secp256k1: of a signature's two `s` only the lower one is taken, by contracts too. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** An attestation as viem signs and hashes it. */
export function typedDataOf(message: Attestation) {
  return { domain: attestationDomain, types: attestationTypes, primaryType: 'Attestation', message } as const
}

/** What is signed: the EIP-712 hash. */
export function digestOf(message: Attestation): Hex {
  return hashTypedData(typedDataOf(message))
}

/** Whether a signature is the one of 65 bytes that contracts take: a low `s`, and a `v` of 27 or 28. */
export function isCanonical(signature: string): signature is Hex {
  if (!/^0x[0-9a-fA-F]{128}(1b|1c)$/i.test(signature)) return false
  return BigInt(`0x${signature.slice(66, 130)}`) <= HALF_ORDER
}

/**
 * Who signed a message.
 *
 * @throws AttestationError when the signature is none, or not the one that contracts take
 */
export async function signerOf(message: Attestation, signature: string): Promise<Address> {
  if (!isCanonical(signature))
    throw new AttestationError('the signature is not 65 bytes with a low s and a v of 27 or 28')
  try {
    return await recoverTypedDataAddress({ ...typedDataOf(message), signature })
  } catch {
    throw new AttestationError('the signature fits no key')
  }
}

/**
 * Reads a published attestation and checks its signature.
 *
 * @param json what a stranger gave
 * @throws AttestationError saying what is wrong: a field, another domain or type, or another signer
 */
export async function verified(json: unknown): Promise<{ attestation: Attestation; signer: Address; signature: Hex }> {
  if (typeof json !== 'object' || json === null) throw new AttestationError('an attestation is an object')
  const { domain, types, primaryType, message, signature, signer } = json as Partial<
    Record<keyof SignedAttestation, unknown>
  >
  if (!same(domain, attestationDomain)) throw new AttestationError('the domain is not Gainsay, version 1')
  if (primaryType !== 'Attestation' || !same(types, attestationTypes))
    throw new AttestationError('the type is not the one of attestations')
  const attestation = parseMessage(message)
  if (typeof signature !== 'string') throw new AttestationError('there is no signature')
  const by = await signerOf(attestation, signature)
  if (
    typeof signer !== 'string' ||
    !/^0x[0-9a-fA-F]{40}$/.test(signer) ||
    !isAddressEqual(by, signer.toLowerCase() as Hex)
  )
    throw new AttestationError(`it was signed by ${by} and not by the signer that it names`)
  return { attestation, signer: by, signature: signature as Hex }
}

/** Whether two small pieces of JSON are the same, whatever the order of their fields. */
function same(one: unknown, other: unknown): boolean {
  const sorted = (_: string, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted)
}
