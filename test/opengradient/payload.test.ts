import fc from 'fast-check'
import { encodeAbiParameters, hexToBytes } from 'viem'
import { describe, expect, it } from 'vitest'
import { inferencePrecompileAbi } from '../../networks/opengradient/abi.ts'
import { decodePayload, encodePayload, MAX_PAYLOAD_BYTES, payloadSize } from '../../networks/opengradient/payload.ts'
import { type ModelInput, type ModelOutput, PayloadError } from '../../networks/opengradient/types.ts'

const [, request, response] = inferencePrecompileAbi[0].inputs
const viemInput = (it: ModelInput) => hexToBytes(encodeAbiParameters([request.components[2]], [it]))
const viemOutput = (it: ModelOutput) => hexToBytes(encodeAbiParameters([response], [it]))

const int128 = fc.bigInt(-(2n ** 127n), 2n ** 127n - 1n)
const text = fc.string({ unit: 'grapheme', maxLength: 70 })
const numbers = fc.array(
  fc.record({
    name: text,
    values: fc.array(fc.record({ value: int128, decimals: int128 }), { maxLength: 6 }),
    shape: fc.array(fc.nat(2 ** 32 - 1), { maxLength: 4 }),
  }),
  { maxLength: 4 },
)
const strings = fc.array(fc.record({ name: text, values: fc.array(text, { maxLength: 4 }) }), { maxLength: 3 })
const jsons = fc.array(fc.record({ name: text, value: text }), { maxLength: 3 })
const input = fc.record({ numbers, strings })
const output = fc.record({ numbers, strings, jsons, is_simulation_result: fc.boolean() })

describe('payloads', () => {
  it('are what viem encodes, and are read back', () => {
    fc.assert(
      fc.property(input, output, (one, other) => {
        const bytes = encodePayload('input', one)
        expect(Buffer.from(bytes).equals(viemInput(one))).toBe(true)
        expect(payloadSize('input', one)).toBe(bytes.length)
        expect(decodePayload('input', bytes)).toEqual(one)
        const outputBytes = encodePayload('output', other)
        expect(Buffer.from(outputBytes).equals(viemOutput(other))).toBe(true)
        expect(decodePayload('output', outputBytes)).toEqual(other)
      }),
      { numRuns: 150 },
    )
  })

  it('throw nothing but PayloadError, whatever the bytes', () => {
    let read = 0
    const attempt = (kind: 'input' | 'output', bytes: Uint8Array) => {
      try {
        decodePayload(kind, bytes)
        read++
      } catch (error) {
        expect(error).toBeInstanceOf(PayloadError)
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => attempt('output', bytes)),
      { numRuns: 1000 },
    )
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(output, edits, fc.nat(), (it, changes, cut) => {
        const bytes = encodePayload('output', it)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        attempt('output', bytes)
        attempt('input', bytes.subarray(0, cut % bytes.length))
      }),
      { numRuns: 2000 },
    )
    // Edits that fall on numbers and texts leave a payload that can be read.
    expect(read).toBeGreaterThan(100)
  })

  it('of pointers that all lead to one long list are refused within a second', () => {
    // 1,000 tensors, each at the same place, where 10,000 numbers begin.
    const word = (value: number) => {
      const bytes = new Uint8Array(32)
      new DataView(bytes.buffer).setUint32(28, value)
      return bytes
    }
    const tensors = 1000
    const tensor = [word(96), word(128), word(128 + 32 + 64 * 10_000), word(0), word(10_000)]
    const bytes = Buffer.concat([
      ...[word(32), word(64), word(0), word(tensors)],
      ...Array.from({ length: tensors }, () => word(32 * tensors)),
      ...tensor,
      new Uint8Array(64 * 10_000),
      word(0),
    ])
    const start = performance.now()
    expect(() => decodePayload('input', bytes)).toThrow(PayloadError)
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('refuse numbers of more than 128 bits, dimensions of more than 32, and what is too long', () => {
    const one = { name: 'x', values: [{ value: 1n, decimals: 2n }], shape: [1] }
    const bytes = encodePayload('input', { numbers: [one], strings: [] })
    const at = (word: number) => bytes.slice().fill(1, 32 * word, 32 * word + 1)
    // 0: offset, 1–2: offsets, 3: count, 4: offset, 5–7: offsets, 8–9: name, 10: count, 11–12: number, 13: rank, 14: dim.
    for (const word of [11, 12]) expect(() => decodePayload('input', at(word))).toThrow('128 bits')
    expect(() => decodePayload('input', at(14))).toThrow(PayloadError)
    expect(() => decodePayload('input', new Uint8Array(MAX_PAYLOAD_BYTES + 1))).toThrow('more than')
  })

  it('encode ten megabytes of text within seconds', () => {
    const start = performance.now()
    const bytes = encodePayload('input', { numbers: [], strings: [{ name: 's', values: ['x'.repeat(10 ** 7)] }] })
    expect(bytes.length).toBeGreaterThan(10 ** 7)
    expect(performance.now() - start).toBeLessThan(5000)
  })
})
