import { fromBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type SparseTensorProto,
  type TensorProto,
  TensorProto_DataLocation,
} from 'onnx-buf'
import { messageOf, quote } from '../quote.ts'
import { checkNode, MAX_ELEMENTS } from './check-node.ts'
import { Constants } from './constants.ts'
import { UnsupportedModel } from './unsupported.ts'

export { UnsupportedModel } from './unsupported.ts'

const MAX_BYTES = 512 * 2 ** 20
/** 200,000 nodes never finish loading in onnxruntime-node 1.30; the largest real model tried has about 2,000. */
const MAX_NODES = 20_000
const MAX_DEPTH = 16
/**
 * Reads a model and refuses, before any runtime sees it, what cannot be replayed: bytes that are not ONNX, models that
 * are too large or nested too deep, data outside the file, operators that are random, unknown or known to kill the
 * runtime. A cheap sieve, not a guard: hostile bytes can make the parser itself allocate without bound, so this too
 * runs in a limited child process.
 *
 * @param bytes a serialized `ModelProto`
 * @returns the model, parsed; its tensors share the bytes' memory
 * @throws UnsupportedModel
 */
export function checkModel(bytes: Uint8Array): ModelProto {
  if (bytes.length > MAX_BYTES)
    throw new UnsupportedModel(`the model has ${bytes.length} bytes; at most ${MAX_BYTES} are replayed`)
  let model: ModelProto
  try {
    model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false })
  } catch (error) {
    throw new UnsupportedModel(`the file is not an ONNX model: ${quote(messageOf(error))}`)
  }
  // Nearly any short string of bytes parses as some protobuf; a model has a version, a graph and outputs.
  if (!model.graph || model.irVersion <= 0n || model.graph.output.length === 0)
    throw new UnsupportedModel('the file is not an ONNX model: it has no version, no graph or no outputs')
  if (model.functions.length > 0)
    throw new UnsupportedModel('the model defines functions of its own, which are not supported: export it inlined')
  checkGraph(model.graph, 0, { nodes: 0 }, undefined)
  return model
}

function checkGraph(graph: GraphProto, depth: number, seen: { nodes: number }, outer: Constants | undefined): void {
  if (depth > MAX_DEPTH) throw new UnsupportedModel(`the model nests graphs more than ${MAX_DEPTH} deep`)
  seen.nodes += graph.node.length
  if (seen.nodes > MAX_NODES) throw new UnsupportedModel(`the model has more than ${MAX_NODES} operators`)
  for (const tensor of graph.initializer) checkTensor(tensor)
  for (const sparse of graph.sparseInitializer) checkSparse(sparse)
  for (const { name, type } of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    const shape = type?.value.case === 'tensorType' ? type.value.value.shape : undefined
    const fixed = shape?.dim.flatMap(({ value }) => (value.case === 'dimValue' ? [value.value] : [])) ?? []
    // Here a zero or a negative number means that nothing is known of the dimension.
    checkDimensions(
      name,
      fixed.filter((dim) => dim > 0n),
    )
  }
  const constants = new Constants(graph, outer)
  for (const node of graph.node) {
    checkNode(node, constants)
    for (const attribute of node.attribute) checkAttribute(attribute, depth, seen, constants)
  }
}

function checkAttribute(attribute: AttributeProto, depth: number, seen: { nodes: number }, constants: Constants): void {
  for (const sparse of attribute.sparseTensors) checkSparse(sparse)
  if (attribute.sparseTensor) checkSparse(attribute.sparseTensor)
  for (const tensor of attribute.tensors) checkTensor(tensor)
  if (attribute.t) checkTensor(attribute.t)
  for (const graph of attribute.graphs) checkGraph(graph, depth + 1, seen, constants)
  if (attribute.g) checkGraph(attribute.g, depth + 1, seen, constants)
}

/** Its own dimensions count too: the runtime makes a dense tensor of it. */
function checkSparse({ values, indices, dims }: SparseTensorProto): void {
  if (values) checkTensor(values)
  if (indices) checkTensor(indices)
  checkDimensions(values?.name ?? '', dims)
}

function checkTensor(tensor: TensorProto): void {
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0)
    throw new UnsupportedModel(
      `the weights ${quote(tensor.name, 80)} lie outside the model file, so no hash covers them`,
    )
  checkDimensions(tensor.name, tensor.dims)
}

function checkDimensions(name: string, dims: readonly bigint[]): void {
  let elements = 1n
  for (const dim of dims) {
    elements *= dim
    if (dim < 0n || elements > MAX_ELEMENTS)
      throw new UnsupportedModel(`the dimensions of ${quote(name, 80)} are negative or too large`)
  }
}
