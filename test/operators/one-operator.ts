import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType,
  type AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { bitsOf } from '../../protocol/arithmetic/float32.ts'
import type { Canonical, OnnxOperator } from '../../protocol/operators/operator.ts'
import { operators } from '../../protocol/operators/table.ts'
import { dtypes, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'

/** One operator with values for all its inputs, as a model's file would have it. */
export interface OneOperator {
  readonly type: string
  readonly opset: number
  readonly inputs: readonly (Tensor | undefined)[]
  /** which inputs are constants of the file; none if not given */
  readonly constant?: readonly number[]
  /** 1 if not given */
  readonly outputs?: number
  readonly int?: Readonly<Record<string, number | bigint>>
  readonly ints?: Readonly<Record<string, readonly (number | bigint)[]>>
  readonly float?: Readonly<Record<string, number>>
  readonly text?: Readonly<Record<string, string>>
}

/** The operator's canonical form. */
export function canonicalOf(one: OneOperator): Canonical {
  const operator = operators.get(one.type)
  if (!operator) throw new Error(`no operator ${one.type} in the table`)
  const value = one.float ?? {}
  const node: OnnxOperator = {
    opset: one.opset,
    inputs: one.inputs.length,
    outputs: one.outputs ?? 1,
    has: (input) => one.inputs[input] !== undefined,
    constant: (input) => (one.constant?.includes(input) ? one.inputs[input] : undefined),
    int: (name) => (one.int?.[name] === undefined ? undefined : BigInt(one.int[name])),
    ints: (name) => one.ints?.[name]?.map(BigInt),
    float: (name) => (value[name] === undefined ? undefined : bitsOf(value[name])),
    text: (name) => one.text?.[name],
  }
  return operator.canonical(node)
}

/** A model of this operator alone, its inputs `x0`, `x1`, …, its outputs `y0`, `y1`, …. */
export function modelOfOne(one: OneOperator): { model: Uint8Array; feeds: NamedTensors } {
  const attribute: MessageInitShape<typeof AttributeProtoSchema>[] = [
    ...Object.entries(one.int ?? {}).map(([name, i]) => ({
      name,
      type: AttributeProto_AttributeType.INT,
      i: BigInt(i),
    })),
    ...Object.entries(one.ints ?? {}).map(([name, ints]) => ({
      name,
      type: AttributeProto_AttributeType.INTS,
      ints: ints.map(BigInt),
    })),
    ...Object.entries(one.float ?? {}).map(([name, f]) => ({ name, type: AttributeProto_AttributeType.FLOAT, f })),
    ...Object.entries(one.text ?? {}).map(([name, text]) => ({
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(text),
    })),
  ]
  const output = Array.from({ length: one.outputs ?? 1 }, (_, i) => `y${i}`)
  const feeds = new Map<string, Tensor>()
  const graph = create(GraphProtoSchema, {
    name: 'one',
    node: [
      create(NodeProtoSchema, {
        opType: one.type,
        input: one.inputs.map((tensor, i) => (tensor ? `x${i}` : '')),
        output,
        attribute,
      }),
    ],
    output: output.map((name) => create(ValueInfoProtoSchema, { name })),
  })
  for (const [i, tensor] of one.inputs.entries()) {
    if (!tensor) continue
    const { code } = dtypes[tensor.dtype]
    const name = `x${i}`
    if (one.constant?.includes(i)) {
      const dims = tensor.dims.map(BigInt)
      graph.initializer.push(create(TensorProtoSchema, { name, dataType: code, dims, rawData: tensor.data.slice() }))
      continue
    }
    feeds.set(name, tensor)
    const tensorType = create(TypeProto_TensorSchema, { elemType: code })
    const type = create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } })
    graph.input.push(create(ValueInfoProtoSchema, { name, type }))
  }
  const model = create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: BigInt(one.opset) }], graph })
  return { model: toBinary(ModelProtoSchema, model), feeds }
}
