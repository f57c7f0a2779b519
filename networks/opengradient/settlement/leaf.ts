import { concat, type Hex, hexToBytes, keccak256, numberToBytes } from 'viem'

/** A call of a language model as a TEE signed it: a leaf of a batch, or a settlement by itself. */
export interface Leaf {
  /** keccak256 of the TEE's public key; bytes32 */
  readonly teeId: Hex
  /** keccak256 of the request; bytes32 */
  readonly inputHash: Hex
  /** keccak256 of the answer's text; bytes32 */
  readonly outputHash: Hex
  /** RSA-PSS, as long as the key's modulus */
  readonly signature: Hex
  /** Unix second that the TEE signed */
  readonly timestamp: bigint
}

/** The Solidity types of a leaf, in order, as OpenGradient's facilitator gives them to OpenZeppelin's StandardMerkleTree. */
export const leafEncoding = ['bytes32', 'bytes32', 'bytes32', 'bytes', 'uint256'] as const

/**
 * Hash of a leaf as StandardMerkleTree makes it: keccak256 twice over `abi.encode` of its values.
 *
 * @see https://github.com/OpenZeppelin/merkle-tree
 */
export function leafHash({ teeId, inputHash, outputHash, signature, timestamp }: Leaf): Hex {
  const bytes = hexToBytes(signature)
  const encoded = concat([
    ...[teeId, inputHash, outputHash].map((hash) => hexToBytes(hash)),
    // The signature stands behind the five words of the head.
    word(5n * 32n),
    word(timestamp),
    word(BigInt(bytes.length)),
    bytes,
    new Uint8Array((32 - (bytes.length % 32)) % 32),
  ])
  return keccak256(keccak256(encoded, 'bytes'))
}

/** What the TEE signed: keccak256 of both hashes and the time. RSA-PSS hashes it once more, with SHA-256. 32 bytes. */
export function signedMessage({ inputHash, outputHash, timestamp }: Leaf): Uint8Array {
  return keccak256(concat([hexToBytes(inputHash), hexToBytes(outputHash), word(timestamp)]), 'bytes')
}

function word(value: bigint): Uint8Array {
  return numberToBytes(value, { size: 32 })
}
