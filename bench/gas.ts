/**
 * What a conviction costs on chain: gas of the whole transaction, calldata and Merkle proofs included, by what is proven.
 *
 * ```sh
 * node --import tsx bench/gas.ts
 * ```
 */
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf'
import { demoModels, readDemoModel } from '../demo/models.ts'
import { randomFrom } from '../demo/random.ts'
import { revealed } from '../node/answerer.ts'
import { inferAll } from '../node/infer.ts'
import { parseOnnx } from '../protocol/onnx.ts'
import { commitTrace } from '../protocol/proof/commit-trace.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import { TracedOperator } from '../protocol/proof/prove-operator.ts'
import { provePayload } from '../protocol/proof/prove-payload.ts'
import { sha256Hex } from '../protocol/sha256.ts'
import { elementCount, encodeTensors, type NamedTensors, type Tensor } from '../protocol/tensor.ts'
import { Court } from '../test/conviction/court.ts'
import { table } from './report.ts'

const terms = { rule: 'probabilistic', lambda: 10 } as const
const random = randomFrom('gas')

/** A tensor of other numbers of the same kind. */
function wrong(tensor: Tensor): Tensor {
  if (tensor.dtype !== 'float32') return { ...tensor, data: tensor.data.map((byte) => byte ^ 1) }
  const values = new Float32Array(new Uint8Array(tensor.data).buffer).map((value) => 1.5 * value + 1)
  return { ...tensor, data: new Uint8Array(values.buffer) }
}

/** A product with a constant matrix, `depth` terms an element. */
function product(depth: number): { file: Uint8Array; inputs: NamedTensors } {
  const numbers = (count: number) => Float32Array.from({ length: count }, () => random.normal())
  const columns = 64
  const value = (name: string, dims: number[]) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: {
          elemType: TensorProto_DataType.FLOAT,
          shape: { dim: dims.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })) },
        },
      },
    },
  })
  const file = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'product',
        input: [value('x', [32, depth])],
        output: [value('y', [32, columns])],
        node: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
        initializer: [
          {
            name: 'w',
            dataType: TensorProto_DataType.FLOAT,
            dims: [BigInt(depth), BigInt(columns)],
            rawData: new Uint8Array(numbers(depth * columns).buffer),
          },
        ],
      },
    }),
  )
  const x: Tensor = { dtype: 'float32', dims: [32, depth], data: new Uint8Array(numbers(32 * depth).buffer) }
  return { file, inputs: new Map([['x', x]]) }
}

const court = await Court.open()
const rows: string[][] = []
let commitGas = 0n

/** Convicts a lie in this operator's first output, in the middle of it, where the most of it is read. */
async function measure(name: string, file: Uint8Array, inputs: NamedTensors, index: number): Promise<void> {
  const { graph } = committedModel(file)
  const { firstOutput, type } = graph.operators[index] as (typeof graph.operators)[number]
  const entry = graph.names[firstOutput] as string
  const honest = await inferAll({ model: file, inputs })
  const made = new Map([...honest, [entry, wrong(honest.get(entry) as Tensor)]])
  const { trace, root } = revealed({ model: file, inputs }, made)
  const traced = new TracedOperator(graph, commitTrace(graph, trace), index, terms)
  const element = Math.floor(elementCount((made.get(entry) as Tensor).dims) / 2)
  const proof = traced.proveElement(0, element)
  const read = proof.inputs.reduce((sum, { runs }) => sum + runs.reduce((bytes, { data }) => bytes + data.length, 0), 0)
  const outputs = new Map(parseOnnx(file).outputs.map((output) => [output, made.get(output) as Tensor]))
  const model = { modelHash: sha256Hex(file), graphRoot: graph.root }
  const resultId = await court.reveal({ ...model, terms, inputs, outputs, traceRoot: root })
  const gas = await court.convict(resultId, proof)
  if (gas.status !== 'rejected') throw new Error(`${type} was not convicted`)
  commitGas = gas.commitGas
  rows.push([type, name, `${read}`, gas.convictGas.toLocaleString('en')])
}

try {
  for (const depth of [1024, 4096]) {
    const { file, inputs } = product(depth)
    await measure(`${depth} terms`, file, inputs, 0)
  }
  for (const model of demoModels()) {
    const file = readDemoModel(model)
    const inputs = model.input('gas')
    const { graph } = committedModel(file)
    const honest = await inferAll({ model: file, inputs })
    // Of each kind of operator the one with the largest output.
    const largest = new Map<string, { index: number; size: number }>()
    for (const [index, { type, firstOutput }] of graph.operators.entries()) {
      const size = (honest.get(graph.names[firstOutput] as string) as Tensor).data.length
      if (size > (largest.get(type)?.size ?? -1)) largest.set(type, { index, size })
    }
    for (const { index } of largest.values()) await measure(model.name, file, inputs, index)

    const made = honest
    const outputs = new Map(parseOnnx(file).outputs.map((output) => [output, wrong(made.get(output) as Tensor)]))
    const { trace, root } = revealed({ model: file, inputs }, made)
    const ends = { input: sha256Hex(encodeTensors(inputs)), output: sha256Hex(encodeTensors(outputs)) }
    const proof = provePayload(graph, commitTrace(graph, trace), ends, true)
    if (!proof) throw new Error('the posted output is another, and nothing shows it')
    const about = { modelHash: model.modelHash, graphRoot: graph.root }
    const resultId = await court.reveal({ ...about, terms, inputs, outputs, traceRoot: root })
    const { convictGas } = await court.convict(resultId, proof)
    rows.push([`(${proof.claim})`, model.name, '', convictGas.toLocaleString('en')])
  }
} finally {
  await court.close()
}
rows.sort(([a], [b]) => (a as string).localeCompare(b as string))
console.log(table(['operator', 'of', 'operand bytes', 'gas to convict'], rows))
console.log(`\ncommit: ${commitGas.toLocaleString('en')}`)
