import { create, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'

/** An operator, e.g. `operator('Add', ['a', 'b'], ['sum'])`. */
export function operator(
  opType: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
): NodeProto {
  return create(NodeProtoSchema, { opType, input, output, attribute })
}

/** A float32 tensor, stored as raw bytes. */
export function weights(name: string, dims: number[], values: number[]): TensorProto {
  const rawData = new Uint8Array(Float32Array.from(values).buffer)
  return create(TensorProtoSchema, { name, dataType: 1, dims: dims.map(BigInt), rawData })
}

/** An attribute that holds a tensor or a graph. */
export function attribute(name: string, value: { t: TensorProto } | { g: GraphProto }): AttributeProto {
  const type = 't' in value ? AttributeProto_AttributeType.TENSOR : AttributeProto_AttributeType.GRAPH
  return create(AttributeProtoSchema, { name, type, ...value })
}

/** A graph over float32 vectors of two. */
export function graph(parts: {
  nodes: NodeProto[]
  inputs?: string[]
  outputs: string[]
  initializers?: TensorProto[]
}): GraphProto {
  return create(GraphProtoSchema, {
    name: 'tiny',
    node: parts.nodes,
    input: (parts.inputs ?? []).map((name) =>
      create(ValueInfoProtoSchema, {
        name,
        type: create(TypeProtoSchema, {
          value: { case: 'tensorType', value: create(TypeProto_TensorSchema, { elemType: 1 }) },
        }),
      }),
    ),
    output: parts.outputs.map((name) =>
      create(ValueInfoProtoSchema, {
        name,
        type: create(TypeProtoSchema, {
          value: { case: 'tensorType', value: create(TypeProto_TensorSchema, { elemType: 1 }) },
        }),
      }),
    ),
    initializer: parts.initializers ?? [],
  })
}

/** The file of a model. */
export function modelOf(main: GraphProto | undefined, { irVersion = 8n, opset = 17n } = {}): Uint8Array {
  const opsetImport = opset === 0n ? [] : [create(OperatorSetIdProtoSchema, { version: opset })]
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion, opsetImport, graph: main }))
}
