import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { revealed } from '../../node/answerer.ts'
import { inferAll } from '../../node/infer.ts'
import type { Terms } from '../../protocol/arithmetic/bounds.ts'
import { EXTRA } from '../../protocol/proof/commit-trace.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import type { Tensor } from '../../protocol/tensor.ts'
import { decodeTrace, encodeTrace, packTrace, type Trace, TraceFormatError } from '../../protocol/trace.ts'
import { type Finding, findProof, MAX_TRACE_BYTES } from '../../replay/find-proof.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { Folder } from './harness.ts'
import { endsOf, extraOf, file, flipped, honestRun, type Run, replaced, rootOf, tensorOf } from './known-run.ts'
import { float32, of } from './models.ts'

const terms: Terms = { rule: 'worstCase', lambda: 0 }
const folder = new Folder()
const modelPath = folder.file('model.onnx', file)
const modelHash = sha256Hex(file)
let pool: Pool
let honest: Run

beforeAll(async () => {
  pool = new Pool({ workers: 1, spare: false })
  honest = await honestRun()
})
afterAll(async () => {
  await pool.close()
  folder.remove()
})

/** What is found in what a server gives for a root. */
function foundIn(bytes: Uint8Array, root: `0x${string}`, how: Partial<Parameters<typeof findProof>[1]> = {}) {
  const { input, output } = endsOf(honest)
  const ends = { input: sha256Hex(input), output: sha256Hex(output) }
  return findProof({ modelHash, modelPath, trace: async () => ({ root, bytes }) }, { ends, terms, ...how }, pool)
}

/** What is found in a trace with the root that is its own. */
const found = (trace: Trace, how?: Partial<Parameters<typeof findProof>[1]>): Promise<Finding> =>
  foundIn(packTrace(trace), rootOf(trace), how)

describe('what is published', () => {
  it('is withheld when there is no address', async () => {
    const ends = { input: '0x', output: '0x' } as const
    expect(await findProof({ modelHash, modelPath }, { ends, terms }, pool)).toMatchObject({ kind: 'withheld' })
  })

  it.each<[string, (trace: Trace) => Uint8Array, RegExp]>([
    ['nothing', () => new Uint8Array(), /not compressed/],
    ['garbage', () => Uint8Array.from({ length: 999 }, (_, i) => i), /not compressed/],
    ['compressed garbage', () => gzipSync(Uint8Array.of(1, 2, 3)), /GSR1/],
    ['cut short', (trace) => packTrace(trace).subarray(0, -20), /not compressed/],
    ['not compressed', encodeTrace, /not compressed/],
    ['short of a tensor', (trace) => packTrace(trace.slice(1)), /where the model has/],
    ['in another order', (trace) => packTrace(trace.toReversed()), /tensor 0 is/],
    ['under other names', (trace) => packTrace(trace.map((one) => ({ ...one, name: `${one.name}!` }))), /tensor 0 is/],
    ['of another root', (trace) => packTrace(replaced(trace, { x: float32([2, 3], () => 1) })), /root on chain/],
  ])('is withheld when it is %s', async (_, bytes, reason) => {
    expect(await foundIn(bytes(honest.trace), rootOf(honest.trace))).toEqual({
      kind: 'withheld',
      reason: expect.stringMatching(reason),
    })
  })

  it('is withheld when it is larger than any trace may be, and costs its packed size to send', async () => {
    const part = gzipSync(new Uint8Array(2 ** 25))
    const bomb = Buffer.concat(new Array(MAX_TRACE_BYTES / 2 ** 25 + 1).fill(part))
    expect(bomb.length).toBeLessThan(2 ** 20)
    expect(await foundIn(bomb, rootOf(honest.trace))).toMatchObject({
      kind: 'withheld',
      reason: expect.stringMatching(/larger than/),
    })
  })

  it('is withheld when it is the trace of another model, under its own root', async () => {
    const other = demoModels().find(({ name }) => name === 'hello_deepa')
    if (!other) throw new Error('no hello_deepa')
    const run = { model: readDemoModel(other), inputs: other.input('other model') }
    const { trace, root } = revealed(run, await inferAll(run))
    expect(await foundIn(packTrace(trace), root)).toMatchObject({ kind: 'withheld' })
  })

  it('is withheld whatever byte of it is another', async () => {
    const bytes = encodeTrace(honest.trace)
    const root = rootOf(honest.trace)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const other = bytes.slice()
        other[at] = (other[at] as number) ^ by
        expect(await foundIn(gzipSync(other), root)).toMatchObject({ kind: 'withheld' })
      }),
    )
  })

  it('is thrown about when it cannot be had for now', async () => {
    const trace = () => Promise.reject(Object.assign(new Error('away'), { retryable: true }))
    const ends = { input: '0x', output: '0x' } as const
    await expect(findProof({ modelHash, modelPath, trace }, { ends, terms }, pool)).rejects.toThrow('away')
  })
})

describe('a lie', () => {
  it('is not found in an honest trace, by any rule', async () => {
    for (const rule of ['worstCase', 'probabilistic', 'arbiter'] as const)
      expect(await found(honest.trace, { terms: { rule, lambda: rule === 'probabilistic' ? 10 : 0 } })).toEqual({
        kind: 'unprovable',
        reason: 'no operator leaves its bound',
      })
  })

  it.each([
    ['product', 0, 'MatMul'],
    ['positive', 1, 'Relu'],
    ['y', 2, 'Add'],
  ])('in an element of %s is proven of its operator, though what follows is true', async (name, index, type) => {
    const forced = new Map([[name, flipped(honest.made.get(name) as Tensor, 7)]])
    const made = await inferAll({ model: file, inputs: honest.inputs }, forced)
    const { trace } = revealed({ model: file, inputs: honest.inputs }, made)
    const { input, output } = endsOf({ ...honest, made })
    const ends = { input: sha256Hex(input), output: sha256Hex(output) }
    expect(await found(trace, { ends })).toMatchObject({
      kind: 'provable',
      proof: { claim: 'element', index, element: 1, operator: { type } },
      where: `element 1 of "${name}" (${type})`,
    })
    // Without bounds there is nothing that an element could be held against.
    expect(await found(trace, { ends, terms: { rule: 'arbiter', lambda: 0 } })).toMatchObject({ kind: 'unprovable' })
  })

  it.each<[string, string, Tensor]>([
    ['other dimensions', 'positive', float32([4, 2])],
    ['another rank', 'positive', float32([8])],
    ['another type', 'positive', of('int32', [2, 4], new Int32Array(8))],
    ['no elements', 'positive', of('float32', [0, 4], new Float32Array())],
    ['more elements', 'positive', float32([3, 4])],
  ])('about a shape is proven: %s', async (_, name, tensor) => {
    expect(await found(replaced(honest.trace, { [name]: tensor }))).toMatchObject({
      kind: 'provable',
      proof: { claim: 'shape', index: 1, output: 0, operator: { type: 'Relu' } },
      where: 'the shape of "positive" (Relu)',
    })
  })

  /** The trace of a run on another input, and what of it ties to the chain. */
  async function otherRun(): Promise<Run> {
    const inputs = new Map([['x', float32([2, 3], (i) => i - 2)]])
    const made = await inferAll({ model: file, inputs })
    return { inputs, made, trace: revealed({ model: file, inputs }, made).trace }
  }
  const [INPUT, INPUT_STATES, OUTPUT, OUTPUT_STATES] = EXTRA

  it.each<[string, (honest: Run, other: Run) => Trace, object]>([
    ['a run on another input', (_, other) => other.trace, { claim: 'end', outputs: false }],
    [
      'a run on another input that names the hash of this',
      ({ trace }, other) => replaced(other.trace, extraOf(trace, [INPUT, INPUT_STATES])),
      { claim: 'link', outputs: false },
    ],
    [
      'another end than was posted',
      ({ trace }, other) => replaced(trace, { ...extraOf(other.trace, [OUTPUT, OUTPUT_STATES]) }),
      { claim: 'link', outputs: true },
    ],
    [
      'an end that is true to itself and not what was posted',
      ({ trace, inputs, made }) => {
        const y = flipped(tensorOf(trace, 'y'))
        return revealed({ model: file, inputs }, new Map([...made, ['y', y]])).trace
      },
      { claim: 'end', outputs: true },
    ],
    [
      'an input of another type',
      ({ trace }) => replaced(trace, { x: of('int32', [2, 3], new Int32Array(6)) }),
      { claim: 'input', position: 0 },
    ],
    [
      'an input of other dimensions',
      ({ trace }) => replaced(trace, { x: { ...tensorOf(trace, 'x'), dims: [3, 2] } }),
      { claim: 'link', outputs: false },
    ],
    [
      'an encoded input that is longer',
      ({ trace }) => replaced(trace, { [INPUT]: of('uint8', [99], new Uint8Array(99)) }),
      { claim: 'length', outputs: false, position: 0 },
    ],
    [
      'states of an input that are no rows',
      ({ trace }) => {
        const states = tensorOf(trace, INPUT_STATES)
        return replaced(trace, { [INPUT_STATES]: { ...states, dims: [states.data.length] } })
      },
      { claim: 'length', outputs: false, position: 1 },
    ],
    [
      'an encoded output of another type',
      ({ trace }) => replaced(trace, { [OUTPUT]: { ...tensorOf(trace, OUTPUT), dtype: 'int8' } }),
      { claim: 'length', outputs: true, position: 0 },
    ],
    [
      'a wrong state of the input’s hash',
      ({ trace }) => replaced(trace, { [INPUT_STATES]: flipped(tensorOf(trace, INPUT_STATES), 7) }),
      { claim: 'step', outputs: false, step: 0 },
    ],
    [
      'a wrong state of the output’s hash',
      ({ trace }) => replaced(trace, { [OUTPUT_STATES]: flipped(tensorOf(trace, OUTPUT_STATES), 31, 1) }),
      { claim: 'step', outputs: true, step: 0 },
    ],
  ])('at an end is proven: %s', async (_, trace, proof) => {
    expect(await found(trace(honest, await otherRun()))).toMatchObject({ kind: 'provable', proof })
  })

  it('is proven in whichever byte of either encoding it is', async () => {
    for (const [name, outputs] of [
      [INPUT, false],
      [OUTPUT, true],
    ] as const)
      for (let at = 0; at < tensorOf(honest.trace, name).data.length; at++) {
        const trace = replaced(honest.trace, { [name]: flipped(tensorOf(honest.trace, name), at, 1) })
        expect(await found(trace)).toMatchObject({ proof: { claim: 'link', outputs, position: at } })
      }
  })

  it('is proven whatever tensor stands in an entry’s place, and soon', async () => {
    const odd: Tensor[] = [
      of('float32', [], Float32Array.of(1)),
      of('float32', [0], new Float32Array()),
      of('uint8', [3], new Uint8Array(3)),
      float32([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
      // No elements, and more of everything else than anybody could walk through.
      of('float32', [2 ** 32 - 1, 2 ** 32 - 1, 0], new Float32Array()),
      of('float64', [2 ** 32 - 1, 0, 2 ** 32 - 1], new Float64Array()),
    ]
    for (const { name } of honest.trace)
      for (const tensor of odd)
        expect(await found(replaced(honest.trace, { [name]: tensor })), name).toMatchObject({ kind: 'provable' })
  })

  it('is looked for without an error in whatever a stranger commits to', async () => {
    const bytes = encodeTrace(honest.trace)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const other = bytes.slice()
        other[at] = (other[at] as number) ^ by
        let trace: Trace
        try {
          trace = decodeTrace(other)
          rootOf(trace)
        } catch (error) {
          if (error instanceof TraceFormatError || (error as Error).name === 'IncompleteTraceError') return
          throw error
        }
        // A last bit may be any honest machine's.
        expect((await found(trace)).kind).toMatch(/provable/)
      }),
      { numRuns: 200 },
    )
  })
})
