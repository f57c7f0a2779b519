import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { distorted } from '../../demo/cheats/one-operator.ts'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { randomFrom } from '../../demo/random.ts'
import { revealed } from '../../node/answerer.ts'
import { inferAll } from '../../node/infer.ts'
import { parseOnnx } from '../../protocol/onnx.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import { encodeTensors, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { packTrace } from '../../protocol/trace.ts'
import { type Finding, findProof } from '../../replay/find-proof.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { Court, type Dispute } from './court.ts'

/**
 * A conviction in ocr_cls takes more than a second, for the whole trace is inferred, packed and searched anew: all of its
 * 221 operators take five minutes. So by default it answers for each type of operator with the first of it and another one
 * drawn from a seed, and the smaller models with every operator. `GAINSAY_TEST_ALL=1` tries every operator of every model.
 */
const sampled = process.env.GAINSAY_TEST_ALL ? [] : ['ocr_cls']
const random = randomFrom('every operator')
let court: Court
let pool: Pool
let folder: string
beforeAll(async () => {
  court = await Court.open()
  pool = new Pool({ workers: 1, spare: false })
  folder = mkdtempSync(join(tmpdir(), 'gainsay-operators-'))
})
afterAll(async () => {
  await pool.close()
  await court.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(demoModels().map((model) => ({ name: model.name, model })))('$name', ({ name, model }) => {
  const file = readDemoModel(model)
  const { graph } = committedModel(file)
  const { terms } = model

  /** What a watcher finds in a trace. */
  async function find(made: NamedTensors, inputs: NamedTensors): Promise<{ dispute: Dispute; finding: Finding }> {
    const modelPath = join(folder, `${name}.onnx`)
    writeFileSync(modelPath, file)
    const { trace, root } = revealed({ model: file, inputs }, made)
    const outputs = new Map(parseOnnx(file).outputs.map((output) => [output, made.get(output) as Tensor]))
    const dispute: Dispute = {
      ...{ modelHash: model.modelHash, graphRoot: graph.root, traceRoot: root },
      ...{ terms, inputs, outputs },
    }
    const finding = await findProof(
      { modelHash: model.modelHash, modelPath, trace: async () => ({ root, bytes: packTrace(trace) }) },
      { ends: { input: sha256Hex(encodeTensors(inputs)), output: sha256Hex(encodeTensors(outputs)) }, terms },
      pool,
    )
    return { dispute, finding }
  }

  it('is fully provable', () => {
    expect(graph.problems).toEqual([])
  })

  it('gives no proof against an honest trace', async () => {
    const inputs = model.input('honest')
    const { finding } = await find(await inferAll({ model: file, inputs }), inputs)
    expect(finding).toMatchObject({ kind: 'unprovable' })
  })

  it('convicts a node that cheats in any one operator, whichever it is', async () => {
    const inputs = model.input('cheated')
    const honest = await inferAll({ model: file, inputs })
    const convicted = new Map<string, number[]>()
    const chosen = sampled.includes(name) ? sample(graph.operators) : new Set(graph.operators.keys())
    for (const [index, { type, firstOutput, axes }] of graph.operators.entries()) {
      if (!chosen.has(index)) continue
      for (const output of axes.keys()) {
        const entry = graph.names[firstOutput + output] as string
        const forced = new Map([[entry, changed(honest.get(entry) as Tensor)]])
        // A lie about shapes may leave nothing that could be computed from it: then the rest stays as it was.
        const made = await inferAll({ model: file, inputs }, forced).catch(() => new Map([...honest, ...forced]))
        const { dispute, finding } = await find(made, inputs)
        if (finding.kind !== 'provable')
          throw new Error(`operator ${index}, ${type}, output ${output}: ${finding.kind}, ${finding.reason}`)
        const { proof } = finding
        expect(proof, `${type} ${index}`).toMatchObject({ claim: 'element', index, output })
        const { status } = await court.convict(await court.reveal(dispute), proof)
        expect(status, `${type} ${index}`).toBe('rejected')
        convicted.set(type, [...(convicted.get(type) ?? []), index])
      }
    }
    const listed = [...convicted].map(([type, indices]) => `${type} ${indices.join(' ')}`).join(', ')
    console.log(`${name}, convicted ${chosen.size} of ${graph.operators.length} operators: ${listed}`)
  }, 600_000)
})

/** Indices of the first operator of each type, and of another one of it, if there is one. */
function sample(operators: readonly { readonly type: string }[]): Set<number> {
  const chosen = new Set<number>()
  for (const type of new Set(operators.map((operator) => operator.type))) {
    const [first, ...others] = [...operators.keys()].filter((index) => operators[index]?.type === type)
    const other = others[random.below(others.length)]
    for (const index of [first, other]) if (index !== undefined) chosen.add(index)
  }
  return chosen
}

/** Other numbers than an operator made, far beyond any rounding; of whole numbers each one more. */
function changed(tensor: Tensor): Tensor {
  if (tensor.dtype === 'float32') return distorted(tensor, random)
  const data = new Uint8Array(tensor.data)
  data[0] = ((data[0] ?? 0) + 1) & 0xff
  return { ...tensor, data }
}
