import { fromBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProto_DataLocation,
} from 'onnx-buf'
import { dtypes } from '../protocol/tensor.ts'
import { allowedOperators, randomOperators } from './operators.ts'
import { messageOf, quote } from './quote.ts'

/** Thrown when a model is not one that can be replayed. The message is a sentence that names the reason. */
export class UnsupportedModel extends Error {
  override name = 'UnsupportedModel'
}

const MAX_BYTES = 512 * 2 ** 20
/** 200,000 nodes never finish loading in onnxruntime-node 1.30; the largest real model tried has about 2,000. */
const MAX_NODES = 20_000
const MAX_DEPTH = 16
const MAX_ELEMENTS = 2 ** 31

const castTargets = new Set<number>(Object.values(dtypes).map(({ code }) => code))
/** With an absent operand in the middle (`Min(x, '')`) these kill onnxruntime-node 1.30. */
const variadicOperators = new Set(['Concat', 'Max', 'Mean', 'Min', 'Sum'])

/**
 * Reads a model and refuses, before any runtime sees it, what cannot be replayed: bytes that are not ONNX, models that
 * are too large or nested too deep, data outside the file, operators that are random, unknown or known to kill the
 * runtime. A cheap sieve, not a guard: hostile bytes can make the parser itself allocate without bound, so this too
 * runs in a limited child process.
 *
 * @param bytes a serialized `ModelProto`
 * @throws UnsupportedModel
 */
export function checkModel(bytes: Uint8Array): void {
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
  checkGraph(model.graph, 0, { nodes: 0 })
}

function checkGraph(graph: GraphProto, depth: number, seen: { nodes: number }): void {
  if (depth > MAX_DEPTH) throw new UnsupportedModel(`the model nests graphs more than ${MAX_DEPTH} deep`)
  seen.nodes += graph.node.length
  if (seen.nodes > MAX_NODES) throw new UnsupportedModel(`the model has more than ${MAX_NODES} operators`)
  for (const tensor of graph.initializer) checkTensor(tensor)
  for (const sparse of graph.sparseInitializer) {
    if (sparse.values) checkTensor(sparse.values)
    if (sparse.indices) checkTensor(sparse.indices)
  }
  for (const node of graph.node) {
    checkNode(node)
    for (const attribute of node.attribute) checkAttribute(attribute, depth, seen)
  }
}

function checkAttribute(attribute: AttributeProto, depth: number, seen: { nodes: number }): void {
  const sparse = attribute.sparseTensor ? [attribute.sparseTensor] : []
  for (const { values, indices } of [...sparse, ...attribute.sparseTensors]) {
    if (values) checkTensor(values)
    if (indices) checkTensor(indices)
  }
  for (const tensor of attribute.tensors) checkTensor(tensor)
  if (attribute.t) checkTensor(attribute.t)
  for (const graph of attribute.graphs) checkGraph(graph, depth + 1, seen)
  if (attribute.g) checkGraph(attribute.g, depth + 1, seen)
}

function checkTensor(tensor: TensorProto): void {
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0)
    throw new UnsupportedModel(
      `the weights ${quote(tensor.name, 80)} lie outside the model file, so no hash covers them`,
    )
  let elements = 1n
  for (const dim of tensor.dims) {
    elements *= dim
    if (dim < 0n || elements > MAX_ELEMENTS)
      throw new UnsupportedModel(`the dimensions of ${quote(tensor.name, 80)} are negative or too large`)
  }
}

function checkNode(node: NodeProto): void {
  const domain = node.domain === 'ai.onnx' ? '' : node.domain
  const operator = quote(domain === '' ? node.opType : `${domain}.${node.opType}`, 80)
  if (domain === '' && randomOperators.has(node.opType))
    throw new UnsupportedModel(`operator ${operator} draws random numbers, so nobody can replay it`)
  if (!allowedOperators.get(domain)?.has(node.opType))
    throw new UnsupportedModel(`operator ${operator} is not among those that are replayed`)
  if (domain !== '') return
  // Its third input turns training mode on (opset 12 and later); whether it is true shows only when it runs.
  if (node.opType === 'Dropout' && node.input[2])
    throw new UnsupportedModel('operator "Dropout" may be in training mode, where it draws random numbers')
  if (variadicOperators.has(node.opType) && node.input.includes(''))
    throw new UnsupportedModel(`operator ${operator} lacks an operand`)
  const target = node.attribute.find(({ name }) => name === 'to')?.i
  if (node.opType === 'Cast' && target !== undefined && !castTargets.has(Number(target)))
    throw new UnsupportedModel(`operator "Cast" gives element type ${target}, which is not supported`)
}
