import type { MessageInitShape } from '@bufbuild/protobuf'
import { create, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType,
  type AttributeProtoSchema,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
} from 'onnx-buf'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { deadly, endless, float32, type Node, square, toyModel } from '../replay/models.ts'
import { edited } from './graph.ts'

/** A model that means harm, or is broken, and an input that sets it off. */
export interface Hostile {
  readonly name: string
  readonly model: Uint8Array
  readonly inputs: NamedTensors
  /**
   * What onnxruntime-node 1.30 does with it when nothing guards it: `error`: it says no. `result`: it gives one, which
   * is another each time or took seconds. `memory`: it takes gigabytes. `time`: it does not return within ten seconds.
   * `death`: the process dies.
   */
  readonly unguarded: 'error' | 'result' | 'memory' | 'time' | 'death'
}

type Attribute = MessageInitShape<typeof AttributeProtoSchema>
type More = Parameters<typeof toyModel>[1]

const whole = (name: string, i: bigint): Attribute => ({ name, type: AttributeProto_AttributeType.INT, i })
const wholes = (name: string, ...dims: bigint[]) => ({
  name,
  dataType: TensorProto_DataType.INT64,
  dims: [BigInt(dims.length)],
  rawData: new Uint8Array(BigInt64Array.from(dims).buffer),
})
const tensorOf = (elemType: number, shape?: { dim: [] }) => ({
  value: { case: 'tensorType' as const, value: { elemType, shape } },
})
const node = (opType: string, input = ['x'], attribute: Attribute[] = [], output = ['y']): Node => ({
  ...{ opType, input, output, attribute },
})
const one: NamedTensors = new Map([['x', float32([4])]])

/** Every kind of hostile model that is known: the table in the notes on ONNX Runtime, and what was found since. */
export function hostileModels(): Hostile[] {
  const toy = (unguarded: Hostile['unguarded'], name: string, nodes: Node[], more?: More, inputs = one): Hostile => ({
    ...{ name, model: toyModel(nodes, more), inputs, unguarded },
  })
  const file = (name: string, model: Uint8Array): Hostile => ({ name, model, inputs: one, unguarded: 'error' })
  return [
    file('no bytes', new Uint8Array()),
    file('text', Buffer.from('<html>not found</html>')),
    file('a model cut in half', square().subarray(0, square().length >> 1)),
    file('a length beyond the end', Uint8Array.of(0x08, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x07)),
    toy('error', 'a circle', [node('Relu', ['b'], [], ['a']), node('Relu', ['a'], [], ['b']), node('Relu', ['a'])]),
    toy('error', 'a tensor made twice', [node('Relu'), node('Abs')]),
    toy('error', 'a tensor nobody makes', [node('Relu', ['nowhere'])]),
    ...[17, 60, 200].map((depth) => toy('error', `${depth} nested graphs`, [nested(depth)])),
    toy('error', 'an unknown domain', [{ ...node('Add', ['x', 'x']), domain: 'evil.example' }]),
    toy('error', 'an unknown operator', [node('Frobnicate')]),
    toy('error', 'negative dimensions', [node('Add', ['x', 'w'])], {
      initializer: [{ name: 'w', dataType: TensorProto_DataType.FLOAT, dims: [-1n], rawData: new Uint8Array(4) }],
    }),
    toy('error', 'fewer weights than dimensions say', [node('Add', ['x', 'w'])], {
      initializer: [{ name: 'w', dataType: TensorProto_DataType.FLOAT, dims: [4n], rawData: new Uint8Array(4) }],
    }),
    toy('error', 'dimensions that overflow', [node('Add', ['x', 'w'])], {
      initializer: [
        { name: 'w', dataType: TensorProto_DataType.FLOAT, dims: [2n ** 62n, 4n], rawData: new Uint8Array() },
      ],
    }),
    ...['/etc/passwd', '../../etc/passwd', 'weights.bin'].map((path) =>
      toy('error', `weights in ${path}`, [node('Add', ['x', 'w'])], { initializer: [external(path)] }),
    ),
    toy('result', 'random numbers', [node('RandomNormalLike')]),
    ...[10_000_000_000n, 1_000_000_000n].map((size) =>
      toy(
        'memory',
        `ConstantOfShape of ${4n * size} bytes`,
        [node('ConstantOfShape', ['size'], [], ['big']), node('ReduceMax', ['big'])],
        { initializer: [wholes('size', size)] },
      ),
    ),
    ...[10_000_000_000n, 1_000_000_000n].map((size) =>
      toy(
        'memory',
        `Expand to ${4n * size} bytes`,
        [
          node('ReduceMax', ['x'], [], ['top']),
          node('Expand', ['top', 'size'], [], ['big']),
          node('ReduceMax', ['big']),
        ],
        { initializer: [wholes('size', size)] },
      ),
    ),
    toy(
      'memory',
      'Tile a thousand million times',
      [node('Tile', ['x', 'times'], [], ['big']), node('ReduceMax', ['big'])],
      { initializer: [wholes('times', 1_000_000_000n)] },
    ),
    toy(
      'memory',
      'Resize by a hundred million',
      [node('Resize', ['x', '', 'scales'], [], ['big']), node('ReduceMax', ['big'])],
      {
        initializer: [
          {
            name: 'scales',
            dataType: TensorProto_DataType.FLOAT,
            dims: [1n],
            rawData: new Uint8Array(Float32Array.of(1e8).buffer),
          },
        ],
      },
    ),
    toy('memory', 'forty doublings', doublings(40)),
    { name: 'an endless loop', model: endless(), inputs: one, unguarded: 'time' },
    { name: 'a loop of 2^62 steps', model: longLoop(2n ** 62n), inputs: one, unguarded: 'time' },
    toy(
      'time',
      'a product of 8000³',
      [
        node('ConstantOfShape', ['size'], [], ['big']),
        node('MatMul', ['big', 'big'], [], ['product']),
        node('MatMul', ['product', 'big'], [], ['cube']),
        node('ReduceMax', ['cube']),
      ],
      { initializer: [wholes('size', 8000n, 8000n)] },
    ),
    toy('time', '200,000 operators', chain(200_000)),
    toy('result', '20,000 operators', chain(20_000)),
    { name: 'a division that traps', model: deadly(), inputs: smallest(), unguarded: 'death' },
    {
      name: 'Attention without heads',
      model: edited(
        toyModel([node('Attention', ['x', 'x', 'x'], [whole('q_num_heads', 0n), whole('kv_num_heads', 0n)])]),
        ({ opsetImport: [opset] }) => {
          if (opset) opset.version = 23n
        },
      ),
      inputs: new Map([['x', float32([1, 2, 4])]]),
      unguarded: 'death',
    },
    toy(
      'error',
      'SplitToSequence by zero',
      [node('SplitToSequence', ['x', 'zero'], [], ['s']), node('ConcatFromSequence', ['s'], [whole('axis', 0n)])],
      { initializer: [{ ...wholes('zero', 0n), dims: [] }] },
    ),
    ...['Min', 'Max', 'Sum', 'Mean'].map((opType) =>
      toy('death', `${opType} without an operand`, [node(opType, ['x', ''])]),
    ),
    toy('error', 'Concat without an operand', [node('Concat', ['x', ''], [whole('axis', 0n)])]),
    toy('death', 'Cast to INT4', [node('Cast', ['x'], [whole('to', BigInt(TensorProto_DataType.INT4))])], {
      output: [{ name: 'y', type: tensorOf(TensorProto_DataType.INT4) }],
    }),
    {
      name: 'a model of 64 MiB of nothing',
      model: toBinary(
        ModelProtoSchema,
        create(ModelProtoSchema, { irVersion: 8n, docString: ' '.repeat(64 * 2 ** 20) }),
      ),
      inputs: one,
      unguarded: 'error',
    },
  ]
}

function nested(depth: number): Node {
  let inner = node('Identity')
  for (let i = 0; i < depth; i++) {
    const g = { name: 'g', node: [inner] }
    inner = node('If', ['x'], [{ name: 'then_branch', type: AttributeProto_AttributeType.GRAPH, g }])
  }
  return inner
}

function external(path: string) {
  const externalData = [{ key: 'location', value: path }]
  return {
    ...{ name: 'w', dataType: TensorProto_DataType.FLOAT, dims: [1n], externalData },
    dataLocation: TensorProto_DataLocation.EXTERNAL,
  }
}

/** Each operator's output is twice as long as its input: 2^count × 16 bytes. */
function doublings(count: number): Node[] {
  const steps = Array.from({ length: count }, (_, i) => {
    const from = i === 0 ? 'x' : `d${i - 1}`
    return node('Concat', [from, from], [whole('axis', 0n)], [`d${i}`])
  })
  return [...steps, node('ReduceMax', [`d${count - 1}`])]
}

function chain(count: number): Node[] {
  return Array.from({ length: count }, (_, i) =>
    node('Neg', [i === 0 ? 'x' : `n${i - 1}`], [], [i === count - 1 ? 'y' : `n${i}`]),
  )
}

/** The endless loop with a number of steps instead, which is as good as none. */
function longLoop(steps: bigint): Uint8Array {
  const scalar = (name: string, elemType: number) => ({ name, type: tensorOf(elemType, { dim: [] }) })
  const body = {
    name: 'body',
    input: [scalar('i', TensorProto_DataType.INT64), scalar('go', TensorProto_DataType.BOOL), { name: 'carried' }],
    output: [scalar('still', TensorProto_DataType.BOOL), { name: 'next' }],
    node: [node('Identity', ['go'], [], ['still']), node('Identity', ['carried'], [], ['next'])],
  }
  return toyModel(
    [node('Loop', ['steps', '', 'x'], [{ name: 'body', type: AttributeProto_AttributeType.GRAPH, g: body }])],
    { initializer: [{ ...wholes('steps', steps), dims: [] }] },
  )
}

function smallest(): NamedTensors {
  return new Map([['x', float32([1], () => -(2 ** 31))]])
}
