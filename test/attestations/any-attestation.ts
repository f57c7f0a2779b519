import fc from 'fast-check'
import type { Attestation } from '../../protocol/attestation.ts'

const bytes32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as `0x${string}`)
const uint = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n })
// Whatever UTF-8 can say; a lone surrogate has no bytes of its own.
const text = fc.string({ unit: 'grapheme', maxLength: 80 })

/** Any message that can be signed, the ends of every range included. */
export const anyAttestation: fc.Arbitrary<Attestation> = fc.record({
  network: text,
  chainId: uint(256),
  blockHash: bytes32,
  transactionHash: bytes32,
  logIndex: uint(256),
  resultId: bytes32,
  modelHash: bytes32,
  inputHash: bytes32,
  outputHash: bytes32,
  verdict: fc.constantFrom(1, 2),
  precision: fc.constantFrom(0, 1),
  tolerance: uint(256),
  distance: uint(256),
  runtimes: text,
  judgedAt: uint(64),
})
