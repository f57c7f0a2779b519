import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  STEP_BYTES,
  sha256Compress,
  sha256Padded,
  sha256Start,
  sha256States,
} from '../../protocol/proof/sha256-steps.ts'

const digestOf = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const anyMessage = fc.uint8Array({ maxLength: 1200, size: 'max' })

describe('sha256States', () => {
  it('ends in the digest that node:crypto gives', () => {
    fc.assert(
      fc.property(anyMessage, (bytes) => {
        expect(sha256States(bytes).at(-1)).toEqual(digestOf(bytes))
      }),
      { numRuns: 500 },
    )
  })

  it('ends in the digest for each length around the ends of blocks and steps', () => {
    for (let length = 0; length <= 2 * STEP_BYTES + 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7 + length)
      const states = sha256States(bytes)
      expect(states.at(-1)).toEqual(digestOf(bytes))
      expect(states.length).toBe(Math.ceil((length + 9) / STEP_BYTES))
    }
  })

  it('has states that follow from each other by one step', () => {
    fc.assert(
      fc.property(anyMessage, (bytes) => {
        const padded = sha256Padded(bytes)
        let before = sha256Start()
        for (const [step, state] of sha256States(bytes).entries()) {
          expect(sha256Compress(before, padded.subarray(step * STEP_BYTES, (step + 1) * STEP_BYTES))).toEqual(state)
          before = state
        }
      }),
    )
  })

  it('shares the states of a shared beginning and no other', () => {
    const bytes = Uint8Array.from({ length: 2000 }, (_, i) => i)
    const changed = bytes.slice()
    changed[700] = 1 ^ (changed[700] as number)
    const [a, b] = [sha256States(bytes), sha256States(changed)]
    expect(a.map((state, i) => Buffer.compare(state, b[i] as Uint8Array) === 0)).toEqual(
      a.map((_, i) => (i + 1) * STEP_BYTES <= 700),
    )
  })

  it('reads bytes that lie in the middle of a larger buffer', () => {
    const large = Uint8Array.from({ length: 900 }, (_, i) => i)
    expect(sha256States(large.subarray(3, 803)).at(-1)).toEqual(digestOf(large.slice(3, 803)))
  })
})

describe('sha256Compress', () => {
  it('refuses parts of blocks and states of another length', () => {
    expect(() => sha256Compress(sha256Start(), new Uint8Array(63))).toThrow(RangeError)
    expect(() => sha256Compress(new Uint8Array(31), new Uint8Array(64))).toThrow(RangeError)
  })
})
