import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { inferAll } from '../../node/infer.ts'
import { parseOnnx } from '../../protocol/onnx.ts'
import { bytesTensor, commitTrace, states, wholeTrace } from '../../protocol/proof/commit-trace.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { findLie } from '../../protocol/proof/find-lie.ts'
import type { Proof } from '../../protocol/proof/proof.ts'
import { TracedOperator } from '../../protocol/proof/prove-operator.ts'
import { provePayload } from '../../protocol/proof/prove-payload.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import { encodeTensors, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import type { Trace } from '../../protocol/trace.ts'
import { Court, type Dispute } from './court.ts'

const terms = { rule: 'worstCase', lambda: 0 } as const
const model = demoModels().find(({ name }) => name === 'hello_deepa') as ReturnType<typeof demoModels>[number]
const file = readDemoModel(model)
const { graph } = committedModel(file)
const inputs = model.input('structural')
const [INPUT, INPUT_STATES, OUTPUT, OUTPUT_STATES] = [0, 1, 2, 3].map((extra) => graph.entries + extra)

let court: Court
let honest: Trace
let outputs: NamedTensors
beforeAll(async () => {
  court = await Court.open()
  const made = await inferAll({ model: file, inputs })
  honest = wholeTrace(graph, inputs, made)
  outputs = new Map(parseOnnx(file).outputs.map((name) => [name, made.get(name) as Tensor]))
})
afterAll(() => court.close())

const replaced = (changes: [entry: number | undefined, tensor: Tensor][], trace = honest): Trace =>
  trace.map(({ name, tensor }, i) => ({ name, tensor: changes.find(([entry]) => entry === i)?.[1] ?? tensor }))
const tensorAt = (entry: number | undefined) => (honest[entry as number] as Trace[number]).tensor
const flipped = (tensor: Tensor, at: number): Tensor => ({
  ...tensor,
  data: tensor.data.map((byte, i) => (i === at ? byte ^ 1 : byte)),
})

function disputeOf(trace: Trace, posted: NamedTensors = outputs): Dispute {
  const { root } = commitTrace(graph, trace)
  const { modelHash } = model
  return { modelHash, graphRoot: graph.root, terms, inputs, outputs: posted, traceRoot: root }
}

function lieIn(trace: Trace, posted: NamedTensors = outputs): Proof | undefined {
  const ends = { input: sha256Hex(encodeTensors(inputs)), output: sha256Hex(encodeTensors(posted)) }
  return findLie(graph, commitTrace(graph, trace), { ends, terms, suspects: [] })
}

describe('a trace that does not belong to its result', () => {
  const other = () => new Map([...outputs].map(([name, tensor]) => [name, flipped(tensor, 2)]))
  const cases: [what: string, claim: string, make: () => { trace: Trace; posted?: NamedTensors }][] = [
    ['that ends in another output than was posted', 'end', () => ({ trace: honest, posted: other() })],
    [
      'whose output is not what the encoding says, which has the posted hash',
      'link',
      () => {
        const bytes = encodeTensors(other())
        return {
          trace: replaced([
            [OUTPUT, bytesTensor(bytes)],
            [OUTPUT_STATES, states(bytes)],
          ]),
          posted: other(),
        }
      },
    ],
    [
      'whose hash of the output takes a wrong step',
      'step',
      () => ({ trace: replaced([[OUTPUT_STATES, flipped(tensorAt(OUTPUT_STATES), 3)]]) }),
    ],
    [
      'whose hash of the input takes a wrong step in the middle',
      'step',
      () => ({ trace: replaced([[INPUT_STATES, flipped(tensorAt(INPUT_STATES), 32 * 7 + 5)]]) }),
    ],
    ['that begins at another input', 'link', () => ({ trace: replaced([[0, flipped(tensorAt(0), 40)]]) })],
    [
      'whose encoded input is too long',
      'length',
      () => ({ trace: replaced([[INPUT, bytesTensor(new Uint8Array([...tensorAt(INPUT).data, 0]))]]) }),
    ],
    [
      'whose list of states is too short',
      'length',
      () => {
        const { data, dims } = tensorAt(INPUT_STATES)
        const short = { dtype: 'uint8' as const, dims: [(dims[0] as number) - 1, 32], data: data.subarray(32) }
        return { trace: replaced([[INPUT_STATES, short]]) }
      },
    ],
    ['whose input has another type', 'input', () => ({ trace: replaced([[0, { ...tensorAt(0), dtype: 'int32' }]]) })],
    [
      'with an output of other dimensions',
      'shape',
      () => {
        const entry = graph.operators[1]?.firstOutput
        const tensor = tensorAt(entry)
        return { trace: replaced([[entry, { ...tensor, dims: [...tensor.dims, 1] }]]) }
      },
    ],
    [
      'with an output of another type',
      'shape',
      () => {
        const entry = graph.operators[3]?.firstOutput
        return { trace: replaced([[entry, { ...tensorAt(entry), dtype: 'uint32' }]]) }
      },
    ],
  ]

  it.each(cases)('%s is convicted on chain (%s)', async (_, claim, make) => {
    const { trace, posted } = make()
    const proof = lieIn(trace, posted) as Proof
    expect(proof?.claim).toBe(claim)
    const resultId = await court.reveal(disputeOf(trace, posted))
    expect((await court.convict(resultId, proof)).status).toBe('rejected')
  })
})

describe('an honest trace', () => {
  it('is never convicted, whatever is claimed of it', async () => {
    expect(lieIn(honest)).toBeUndefined()
    const dispute = disputeOf(honest)
    const trace = commitTrace(graph, honest)
    const ends = { input: `0x${'00'.repeat(32)}`, output: `0x${'00'.repeat(32)}` } as const
    // With ends of its own making, a finder believes that the last step is wrong; the contract knows better.
    for (const side of [false, true]) {
      const end = provePayload(graph, trace, ends, side) as Proof
      expect(end.claim).toBe('end')
      expect(await court.isGuilty(dispute, end)).toBe(false)
    }
    // Proofs that were right about another trace do not open this one.
    const lying = replaced([[OUTPUT_STATES, flipped(tensorAt(OUTPUT_STATES), 3)]])
    await expect(court.isGuilty(dispute, lieIn(lying) as Proof)).rejects.toThrow('WrongTensor')
    for (const index of graph.operators.keys()) {
      const operator = new TracedOperator(graph, trace, index, terms)
      expect(await court.isGuilty(dispute, operator.proveElement(0, 0)), `operator ${index}`).toBe(false)
      expect(await court.isGuilty(dispute, operator.proveShape(0)), `operator ${index}`).toBe(false)
    }
  })

  it('opens for nobody who changes what a proof shows', async () => {
    const dispute = disputeOf(honest)
    const operator = new TracedOperator(graph, commitTrace(graph, honest), 1, terms)
    const proof = operator.proveElement(0, 0)
    const [run] = proof.made.runs
    if (!run) throw new Error('nothing is shown')
    const changed = (made: typeof proof.made) => court.isGuilty(dispute, { ...proof, made })
    await expect(
      changed({ ...proof.made, runs: [{ ...run, data: run.data.map((byte) => byte ^ 255) }] }),
    ).rejects.toThrow('WrongChunks')
    await expect(changed({ ...proof.made, runs: [] })).rejects.toThrow('WrongChunks')
    await expect(changed({ ...proof.made, tensor: { ...proof.made.tensor, dims: [1] } })).rejects.toThrow('WrongTensor')
    await expect(changed({ ...proof.made, path: proof.made.path.slice(1) })).rejects.toThrow('BadProof')
    await expect(court.isGuilty(dispute, { ...proof, element: 1e9 })).rejects.toThrow('reverted')
    await expect(court.isGuilty(dispute, { ...proof, index: proof.index + 1 })).rejects.toThrow('WrongOperator')
    const attributes = proof.operator.attributes.map((attribute) => attribute + 1n)
    await expect(court.isGuilty(dispute, { ...proof, operator: { ...proof.operator, attributes } })).rejects.toThrow(
      'WrongOperator',
    )
    await expect(
      court.isGuilty(dispute, { ...proof, graph: { ...proof.graph, entries: proof.graph.entries - 1 } }),
    ).rejects.toThrow('WrongGraph')
    await expect(court.isGuilty({ ...dispute, terms: { rule: 'equalBits', lambda: 0 } }, proof)).rejects.toThrow(
      'NoRule',
    )
  })
})
