import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from 'onnx-buf'

/** A model changed by hand: decoded, given to `change`, encoded again. */
export function edited(model: Uint8Array, change: (model: ModelProto, graph: GraphProto) => void): Uint8Array {
  const decoded = fromBinary(ModelProtoSchema, model)
  if (!decoded.graph) throw new Error('the model has no graph')
  change(decoded, decoded.graph)
  return toBinary(ModelProtoSchema, decoded)
}

/** A graph and all graphs inside it. */
export function withSubgraphs(graph: GraphProto): GraphProto[] {
  const inner = graph.node.flatMap((node) => node.attribute).flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs))
  return [graph, ...inner.flatMap(withSubgraphs)]
}

/** An operator of the standard set. */
export function node(
  opType: string,
  input: string[],
  output: string[],
  attribute: MessageInitShape<typeof AttributeProtoSchema>[] = [],
): NodeProto {
  return create(NodeProtoSchema, { opType, input, output, attribute })
}

/** An attribute that holds a whole number. */
export function whole(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) })
}

/** A tensor stored in a model. */
export function stored(name: string, dataType: TensorProto_DataType, dims: number[], data: ArrayBufferView) {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
  return create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData })
}

/** A float32 number stored in a model. */
export function storedNumber(name: string, value: number): TensorProto {
  return stored(name, TensorProto_DataType.FLOAT, [], Float32Array.of(value))
}

/** The float32 weights of a graph by tensor name, be they initializers or the values of Constant operators. */
export function weightsOf(graph: GraphProto): Map<string, TensorProto> {
  const constants = graph.node
    .filter((one) => one.opType === 'Constant')
    .map((one) => [one.output[0] ?? '', one.attribute.find(({ name }) => name === 'value')?.t] as const)
  const all = [...graph.initializer.map((tensor) => [tensor.name, tensor] as const), ...constants]
  return new Map(
    all.flatMap(([name, tensor]) => (tensor?.dataType === TensorProto_DataType.FLOAT ? [[name, tensor]] : [])),
  )
}

/** The elements of a stored float32 tensor. */
export function valuesOf({ rawData, floatData }: TensorProto): Float32Array {
  return floatData.length > 0 ? Float32Array.from(floatData) : new Float32Array(rawData.slice().buffer)
}
