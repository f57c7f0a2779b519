import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Hex, hexToBytes } from 'viem'
import { type Leaf, signedMessage } from './leaf.ts'
import { MAX_MODULUS_BITS, MIN_MODULUS_BITS } from './limits.ts'

/** Largest public exponent: larger ones are refused by the chain's verifier (Go's crypto/rsa) and cost much. */
const MAX_EXPONENT = 2n ** 31n - 1n

/** A key that signatures can be checked with. */
export interface TeeKey {
  readonly key: KeyObject
  readonly modulusBytes: number
}

/**
 * Reads a public key as the registry stores it: DER of a SubjectPublicKeyInfo, which is what it is registered with; PEM is
 * understood as well.
 *
 * @returns why it cannot be used, in words, when it cannot
 */
export function readKey(publicKey: Hex): TeeKey | string {
  const bytes = Buffer.from(hexToBytes(publicKey))
  let key: KeyObject
  try {
    key =
      bytes.subarray(0, 10).toString('latin1') === '-----BEGIN'
        ? createPublicKey(bytes)
        : createPublicKey({ key: bytes, format: 'der', type: 'spki' })
  } catch {
    return 'it is not a public key in DER or PEM'
  }
  if (key.asymmetricKeyType !== 'rsa') return `it is a key of the kind ${key.asymmetricKeyType}, not of RSA`
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < MIN_MODULUS_BITS || modulusLength > MAX_MODULUS_BITS)
    return `it has ${modulusLength} bits, not ${MIN_MODULUS_BITS} to ${MAX_MODULUS_BITS}`
  if (publicExponent < 3n || publicExponent > MAX_EXPONENT) return 'its exponent is out of bounds'
  return { key, modulusBytes: Math.ceil(modulusLength / 8) }
}

/** Whether a leaf's signature is the key's: RSA-PSS with SHA-256, MGF1 with SHA-256, and a salt of exactly 32 bytes. */
export function isSignedBy(leaf: Leaf, { key, modulusBytes }: TeeKey): boolean {
  const signature = hexToBytes(leaf.signature)
  if (signature.length !== modulusBytes) return false
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  try {
    return verify('sha256', signedMessage(leaf), { key, ...padding }, signature)
  } catch {
    return false
  }
}
