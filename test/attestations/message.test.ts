import fc from 'fast-check'
import { encodeAbiParameters, hashTypedData, keccak256, stringToHex, toBytes } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { verifyTypedData } from 'viem/utils'
import { describe, expect, test } from 'vitest'
import {
  type Attestable,
  type Attestation,
  AttestationError,
  attestationDomain,
  attestationOf,
  attestationTypes,
  NO_DISTANCE,
  scaled,
} from '../../protocol/attestation.ts'
import { messageOf, parseMessage, published } from '../../protocol/attestation-json.ts'
import { anyAttestation } from './any-attestation.ts'

const typedData = (message: Attestation) =>
  ({ domain: attestationDomain, types: attestationTypes, primaryType: 'Attestation', message }) as const

/** EIP-712, written down from its text: nothing of viem's but ABI encoding and keccak256. */
function byTheStandard(it: Attestation): `0x${string}` {
  const hash = (text: string) => keccak256(toBytes(text))
  const type =
    'Attestation(string network,uint256 chainId,bytes32 blockHash,bytes32 transactionHash,uint256 logIndex,bytes32 resultId,bytes32 modelHash,bytes32 inputHash,bytes32 outputHash,uint8 verdict,uint8 precision,uint256 tolerance,uint256 distance,string runtimes,uint64 judgedAt)'
  const words = (...values: (bigint | `0x${string}`)[]) =>
    encodeAbiParameters(
      values.map((value) => ({ type: typeof value === 'bigint' ? 'uint256' : 'bytes32' })),
      values,
    )
  const domain = keccak256(words(hash('EIP712Domain(string name,string version)'), hash('Gainsay'), hash('1')))
  const struct = keccak256(
    words(
      ...[hash(type), hash(it.network), it.chainId, it.blockHash, it.transactionHash, it.logIndex],
      ...[it.resultId, it.modelHash, it.inputHash, it.outputHash, BigInt(it.verdict), BigInt(it.precision)],
      ...[it.tolerance, it.distance, hash(it.runtimes), it.judgedAt],
    ),
  )
  return keccak256(`0x1901${domain.slice(2)}${struct.slice(2)}`)
}

describe('the signed type', () => {
  test("hashes as viem's hashTypedData and as EIP-712 written out", () => {
    fc.assert(
      fc.property(anyAttestation, (it) => {
        expect(hashTypedData(typedData(it))).toBe(byTheStandard(it))
      }),
      { numRuns: 500 },
    )
  })

  test('has another hash when any field is another', () => {
    const fields = attestationTypes.Attestation.map(({ name }) => name)
    fc.assert(
      fc.property(anyAttestation, anyAttestation, fc.constantFrom(...fields), (one, other, field) => {
        fc.pre(one[field] !== other[field])
        expect(hashTypedData(typedData({ ...one, [field]: other[field] }))).not.toBe(hashTypedData(typedData(one)))
      }),
      { numRuns: 500 },
    )
  })

  test('does not let a text pass its end into another', () => {
    const one = fc.sample(anyAttestation, 1)[0] as Attestation
    const moved = { ...one, network: 'ab', runtimes: 'c' }
    expect(hashTypedData(typedData(moved))).not.toBe(
      hashTypedData(typedData({ ...moved, network: 'a', runtimes: 'bc' })),
    )
  })

  test('is read back from its own JSON, of which viem takes the signature as it is', async () => {
    const account = privateKeyToAccount(generatePrivateKey())
    await fc.assert(
      fc.asyncProperty(anyAttestation, async (it) => {
        const signature = await account.signTypedData(typedData(it))
        const json = JSON.parse(JSON.stringify(published(messageOf(it), signature, account.address)))
        expect(parseMessage(json.message)).toEqual(it)
        expect(await verifyTypedData({ ...json, address: json.signer })).toBe(true)
        const other = stringToHex('another', { size: 32 })
        json.message.outputHash = other
        expect(await verifyTypedData({ ...json, address: json.signer })).toBe(it.outputHash === other)
      }),
      { numRuns: 30 },
    )
  })
})

describe('a message from a stranger', () => {
  const good = () => ({ ...messageOf(fc.sample(anyAttestation, 1)[0] as Attestation) }) as Record<string, unknown>

  test.each([
    ['judgedAt', String(2n ** 64n), 'judgedAt is not a whole number of 64 bits'],
    ['chainId', '-1', 'chainId is not a whole number of 256 bits'],
    ['chainId', 1.5, 'chainId is not a whole number of 256 bits'],
    ['verdict', 0, 'verdict is neither 1 (valid) nor 2 (invalid)'],
    ['verdict', 3, 'verdict is neither 1 (valid) nor 2 (invalid)'],
    ['resultId', '0x12', 'resultId is not 32 bytes of hex'],
    ['network', 'x'.repeat(5000), 'network is not a text of at most 4096 characters'],
    ['runtimes', undefined, 'runtimes is not a text of at most 4096 characters'],
    ['more', 1, 'the message has a field too many: more'],
  ])('is refused where %s is %s', (field, value, why) => {
    expect(() => parseMessage({ ...good(), [field]: value })).toThrow(new AttestationError(why))
  })
})

describe('a verdict', () => {
  const hash = (digit: string) => `0x${digit.repeat(64)}`
  const verdict: Attestable = {
    ...{ network: 'opengradient', chainId: 10740, blockHash: hash('A'), transactionHash: hash('b'), logIndex: 3 },
    ...{ resultId: hash('c'), modelHash: hash('d'), inputHash: hash('e'), outputHash: hash('f'), verdict: 'valid' },
    ...{ precision: 'fp32', tolerance: 0.00001, distance: 2.5e-7, runtimes: ['onnxruntime-node 1.30.0'] },
    judgedAt: 1_700_000_000_999,
  }

  test('becomes a message without a float in it', () => {
    expect(attestationOf(verdict, 'gainsay 0.1.0')).toEqual({
      ...{ network: 'opengradient', chainId: 10740n, blockHash: hash('a'), transactionHash: hash('b'), logIndex: 3n },
      ...{ resultId: hash('c'), modelHash: hash('d'), inputHash: hash('e'), outputHash: hash('f'), verdict: 1 },
      ...{ precision: 1, tolerance: 10_000_000_000_000n, distance: 250_000_000_000n },
      ...{ runtimes: 'gainsay 0.1.0; onnxruntime-node 1.30.0', judgedAt: 1_700_000_000n },
    })
  })

  test('without a hash of its own is not attested', () => {
    expect(() => attestationOf({ ...verdict, modelHash: '' }, 'x')).toThrow(AttestationError)
    expect(() => attestationOf({ ...verdict, logIndex: Number.NaN }, 'x')).toThrow(AttestationError)
  })

  test('without a number for its distance says so', () => {
    const worst = attestationOf({ ...verdict, verdict: 'invalid', distance: null }, 'x')
    expect([worst.verdict, worst.distance]).toEqual([2, NO_DISTANCE])
  })
})

describe('a float in 1e-18', () => {
  const distance = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })

  test('is its exact value to the nearest, and no zero unless it is one', () => {
    fc.assert(
      fc.property(distance, (value) => {
        const { numerator, denominator } = exact(value)
        const nearest = (2n * numerator * 10n ** 18n + denominator) / (2n * denominator)
        const expected = value > 0 && nearest === 0n ? 1n : nearest
        expect(scaled(value)).toBe(expected < NO_DISTANCE ? expected : NO_DISTANCE)
      }),
      { numRuns: 2000 },
    )
  })

  test('keeps its order, so that what was tolerated still is', () => {
    fc.assert(
      fc.property(distance, distance, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        expect(scaled(low) <= scaled(high)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    [0, 0n],
    [5e-324, 1n],
    [4.9e-19, 1n],
    [1e-5, 10_000_000_000_000n],
    [1, 10n ** 18n],
    [1e300, NO_DISTANCE],
    [Number.NaN, NO_DISTANCE],
    [Number.POSITIVE_INFINITY, NO_DISTANCE],
    [null, NO_DISTANCE],
  ])('%s is %s', (value, expected) => {
    expect(scaled(value)).toBe(expected)
  })
})

/** The fraction that a double is. */
function exact(value: number): { numerator: bigint; denominator: bigint } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const mantissa = (bits & (2n ** 52n - 1n)) | (exponent === 0 ? 0n : 2n ** 52n)
  const power = (exponent === 0 ? 1 : exponent) - 1075
  return power >= 0
    ? { numerator: mantissa << BigInt(power), denominator: 1n }
    : { numerator: mantissa, denominator: 1n << BigInt(-power) }
}
