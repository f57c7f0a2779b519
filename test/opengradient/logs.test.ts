import fc from 'fast-check'
import { type AbiEvent, concatHex, encodeAbiParameters, type Hex, pad, size, toEventSelector, toHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { inferencePrecompileAbi, workflowAbi } from '../../networks/opengradient/abi.ts'
import { recordInference, recordLog } from '../../networks/opengradient/inference.ts'
import { inferenceLogAbi, readInferenceLog, readWorkflowLog, workflowLogAbi } from '../../networks/opengradient/logs.ts'
import { type ModelOutput, PayloadError } from '../../networks/opengradient/types.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import { dataOf, enormous } from './precompile.ts'

const [inference] = inferencePrecompileAbi
const [workflow] = workflowAbi
const EMPTY: ModelOutput = { numbers: [], strings: [], jsons: [], is_simulation_result: false }

const text = fc.string({ unit: 'grapheme', maxLength: 70 })
const strings = fc.array(fc.record({ name: text, values: fc.array(text, { maxLength: 4 }) }), { maxLength: 3 })
const value = fc.bigInt(-(2n ** 127n), 2n ** 127n - 1n)
const numbers = fc.array(
  fc.record({
    name: text,
    values: fc.array(fc.record({ value, decimals: value }), { maxLength: 5 }),
    shape: fc.array(fc.nat(2 ** 32 - 1), { maxLength: 3 }),
  }),
  { maxLength: 3 },
)
const jsons = fc.array(fc.record({ name: text, value: text }), { maxLength: 3 })
const output = fc.record({ numbers, strings, jsons, is_simulation_result: fc.boolean() })
const event = fc.record({
  inferenceID: text,
  request: fc.record({ mode: fc.nat(255), modelCID: text, input: fc.record({ numbers, strings }) }),
  response: output,
})

describe('logs that Ponder does not decode', () => {
  it('have the topics of the events', () => {
    expect(toEventSelector(inferenceLogAbi[0] as AbiEvent)).toBe(toEventSelector(inference))
    expect(toEventSelector(workflowLogAbi[0] as AbiEvent)).toBe(toEventSelector(workflow))
  })

  it('are read as what viem has encoded', () => {
    fc.assert(
      fc.property(event, (it) => {
        expect(readInferenceLog(dataOf(it))).toEqual(it)
        expect(recordLog(dataOf(it), 1)).toEqual(recordInference(it, 1))
        expect(readWorkflowLog(encodeAbiParameters([workflow.inputs[1]], [it.response]))).toEqual(it.response)
      }),
      { numRuns: 100 },
    )
  })

  it('are recorded as an inference of no known mode, with their bytes, where they are malformed', () => {
    const whole = dataOf({ inferenceID: 'id', request: { mode: 0, modelCID: 'A', input: EMPTY }, response: EMPTY })
    const words = (size(whole) - 32) / 32
    for (const data of ['0x', '0x00', `0x${'ff'.repeat(500)}`, ...cuts(whole, words)] as Hex[]) {
      const bytes = Buffer.from(data.slice(2), 'hex')
      expect(recordLog(data, 1)).toMatchObject({
        ...{ mode: 'unknown', externalId: '', modelUri: 'unknown:', simulation: false },
        ...{ input: { bytes: null }, output: { bytes, hash: sha256Hex(bytes), size: bytes.length } },
      })
    }
  })

  it('are recorded without an error, whatever their bytes', () => {
    let read = 0
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(event, edits, (it, changes) => {
        const bytes = Buffer.from(dataOf(it).slice(2), 'hex')
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        if (recordLog(toHex(bytes), 1).input.bytes) read++
      }),
      { numRuns: 1000 },
    )
    expect(read).toBeGreaterThan(100)
  })

  it('are refused within a second where a megabyte stands for four gigabytes of text', () => {
    const long = 2 ** 20
    const pointers = 4096
    const word = (value: number) => pad(toHex(value))
    // One tensor of texts, whose texts are all the same one.
    const data = concatHex([
      ...[word(32), word(128), word(160), word(128), word(0), word(0)],
      ...[word(1), word(32), word(64), word(96), word(0), word(pointers)],
      ...Array(pointers).fill(word(32 * pointers)),
      ...[word(long), toHex(new Uint8Array(long).fill(120))],
    ])
    const start = performance.now()
    expect(() => readWorkflowLog(data)).toThrow(PayloadError)
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('of ten megabytes are recorded within seconds', () => {
    for (const where of ['inferenceID', 'modelCID', 'json'] as const) {
      const { head, length } = enormous(where, 10 ** 7)
      const start = performance.now()
      const it = recordLog(concatHex([head, `0x${'00'.repeat(length - size(head))}`]), 1)
      expect(performance.now() - start).toBeLessThan(5000)
      expect(it.mode).toBe('vanilla')
    }
  })
})

/** The data cut off after each number of words but all. */
function cuts(data: Hex, words: number): Hex[] {
  return Array.from({ length: words }, (_, i) => data.slice(0, 2 + 64 * i) as Hex)
}
