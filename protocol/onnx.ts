import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProto_DataType,
  ValueInfoProtoSchema,
} from 'onnx-buf'

/** Thrown when bytes are not an ONNX model, or not one whose operators can be put in order. */
export class OnnxFormatError extends Error {
  override name = 'OnnxFormatError'
}

/** One operator of a model's main graph. Tensor names are as in the file; an omitted optional one is left out. */
export interface Operator {
  /** the operator's own name; may be empty, and need not be unique */
  readonly name: string
  /** e.g. `Conv` */
  readonly type: string
  /** empty for the standard operators */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** What the outside needs to know of a model: its operators in topological order and the names it is fed and read by. */
export interface OnnxModel {
  /** topological; operators that could change places keep the file's order */
  readonly operators: readonly Operator[]
  /** what a caller must feed: graph inputs that no initializer fills */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/**
 * Parses an ONNX model.
 *
 * Protobuf takes almost any bytes for a message, so what every model must have is checked as well: an IR version, an
 * operator set, operators, outputs, and each tensor made only once.
 *
 * @throws OnnxFormatError when the bytes are not a model or its operators depend on each other in a circle
 * @see https://github.com/onnx/onnx/blob/main/docs/IR.md
 */
export function parseOnnx(bytes: Uint8Array): OnnxModel {
  const { graph, nodes } = decodeOnnx(bytes)
  const initialized = new Set(graph.initializer.map((tensor) => tensor.name))
  return {
    operators: nodes.map((node) => ({
      name: node.name,
      type: node.opType,
      domain: node.domain,
      inputs: node.input.filter(isGiven),
      outputs: node.output.filter(isGiven),
    })),
    inputs: graph.input.map((input) => input.name).filter((name) => !initialized.has(name)),
    outputs: graph.output.map((output) => output.name),
  }
}

/** A model as the file has it. The messages are the caller's own. */
export interface DecodedOnnx {
  readonly model: ModelProto
  /** the main graph */
  readonly graph: GraphProto
  /** the main graph's operators in topological order; those that could change places keep the file's order */
  readonly nodes: readonly NodeProto[]
}

/** {@link parseOnnx} for those who need the file's own messages. @throws OnnxFormatError as `parseOnnx` does */
export function decodeOnnx(bytes: Uint8Array): DecodedOnnx {
  const model = decode(bytes)
  const graph = graphOf(model)
  return { model, graph, nodes: inTopologicalOrder(graph.node) }
}

/** Names of the output tensors of all operators, in topological order: the names of the model's trace. */
export function traceNames(model: OnnxModel): string[] {
  return model.operators.flatMap((operator) => operator.outputs)
}

/**
 * The model with more of its tensors as graph outputs, by bare name: ONNX Runtime infers type and shape.
 *
 * Nothing is encoded anew: protobuf defines that a second encoding of a message field is merged into the first and its
 * lists appended, so a few bytes at the end add the outputs and every byte of the original stays what it was hashed as.
 *
 * @param names output tensors of operators of the main graph; those that are graph outputs already are not repeated
 * @throws OnnxFormatError when the bytes are not a model or no operator makes a tensor of this name
 * @see https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
export function withOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const model = parseOnnx(bytes)
  const made = new Set(traceNames(model))
  const present = new Set(model.outputs)
  const added = [...new Set(names)].filter((name) => !present.has(name))
  for (const name of added) {
    if (!made.has(name)) throw new OnnxFormatError(`no operator makes a tensor named ${quote(name)}`)
  }
  return appendOutputs(bytes, added)
}

/**
 * {@link withOutputs} for a model that is parsed already: the same bytes, but the names are not checked.
 *
 * @param names output tensors of operators of the main graph that are no graph outputs yet, each once
 */
export function appendOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  if (names.length === 0) return bytes
  const output = names.map((name) => create(ValueInfoProtoSchema, { name }))
  const tail = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: create(GraphProtoSchema, { output }) }))
  const extended = new Uint8Array(bytes.length + tail.length)
  extended.set(bytes)
  extended.set(tail, bytes.length)
  return extended
}

/** A float32 tensor stored in a model: an initializer, or the value of a Constant operator. */
export interface StoredWeights {
  /** of the initializer, or of the Constant operator's output */
  readonly name: string
  readonly dims: readonly number[]
  readonly values: Float32Array
}

/**
 * The model with its stored float32 tensors rewritten, wherever they are: initializers and Constant operators, in the
 * main graph and in every subgraph. Everything else keeps its bytes.
 *
 * @param rewrite gives the new values, as many as the old ones, or undefined to leave the tensor as it is
 * @throws OnnxFormatError when the bytes are not a model or its weights lie in another file
 */
export function rewriteWeights(
  bytes: Uint8Array,
  rewrite: (weights: StoredWeights) => Float32Array | undefined,
): Uint8Array {
  const model = decode(bytes)
  for (const graph of withSubgraphs(graphOf(model))) {
    for (const tensor of graph.initializer) rewriteTensor(tensor, tensor.name, rewrite)
    for (const node of graph.node) {
      if (node.opType !== 'Constant') continue
      for (const { t } of node.attribute) if (t) rewriteTensor(t, node.output[0] ?? '', rewrite)
    }
  }
  return toBinary(ModelProtoSchema, model)
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch (cause) {
    throw new OnnxFormatError('not an ONNX model: the bytes are not the protobuf message they should be', { cause })
  }
}

function graphOf(model: ModelProto): GraphProto {
  const { graph } = model
  if (model.irVersion <= 0n) throw new OnnxFormatError('not an ONNX model: it has no IR version')
  if (model.opsetImport.length === 0) throw new OnnxFormatError('not an ONNX model: it names no operator set')
  if (!graph || graph.node.length === 0) throw new OnnxFormatError('not an ONNX model: it has no operators')
  if (graph.output.length === 0) throw new OnnxFormatError('not an ONNX model: it has no outputs')
  return graph
}

/**
 * Kahn's algorithm that always takes the first operator of the file that is ready: a file in order stays as it is.
 * An operator with subgraphs also depends on what they capture from around them.
 */
function inTopologicalOrder(nodes: readonly NodeProto[]): NodeProto[] {
  const maker = new Map<string, number>()
  for (const [index, node] of nodes.entries()) {
    for (const name of node.output.filter(isGiven)) {
      if (maker.has(name)) throw new OnnxFormatError(`two operators make the tensor ${quote(name)}`)
      maker.set(name, index)
    }
  }
  const users = nodes.map((): number[] => [])
  const missing = nodes.map((node, index) => {
    const makers = new Set(uses(node).flatMap((name) => maker.get(name) ?? []))
    for (const made of makers) users[made]?.push(index)
    return makers.size
  })

  const ready = new MinHeap()
  for (const [index, count] of missing.entries()) if (count === 0) ready.push(index)
  const order: NodeProto[] = []
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    order.push(nodes[index] as NodeProto)
    for (const user of users[index] as number[]) {
      missing[user] = (missing[user] as number) - 1
      if (missing[user] === 0) ready.push(user)
    }
  }
  if (order.length < nodes.length) throw new OnnxFormatError('operators depend on each other in a circle')
  return order
}

/** Names an operator reads, its subgraphs included. Names made inside a subgraph do no harm: no outer operator makes them. */
export function uses(node: NodeProto): string[] {
  const inner = node.attribute
    .flatMap(graphsOf)
    .flatMap(withSubgraphs)
    .flatMap((graph) => [...graph.node.flatMap((one) => one.input), ...graph.output.map((output) => output.name)])
  return [...node.input, ...inner].filter(isGiven)
}

/** A graph and all graphs inside it. */
export function withSubgraphs(graph: GraphProto): GraphProto[] {
  return [
    graph,
    ...graph.node
      .flatMap((node) => node.attribute)
      .flatMap(graphsOf)
      .flatMap(withSubgraphs),
  ]
}

/** The graphs that an attribute holds: the branches of an `If`, the body of a `Loop`. */
export function graphsOf(attribute: AttributeProto): GraphProto[] {
  return attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs
}

function rewriteTensor(
  tensor: TensorProto,
  name: string,
  rewrite: (weights: StoredWeights) => Float32Array | undefined,
): void {
  if (tensor.dataType !== TensorProto_DataType.FLOAT) return
  if (tensor.externalData.length > 0) throw new OnnxFormatError(`the weights ${quote(name)} lie in another file`)
  const raw = tensor.rawData
  const values =
    tensor.floatData.length > 0
      ? Float32Array.from(tensor.floatData)
      : new Float32Array(raw.slice().buffer, 0, Math.floor(raw.length / 4))
  const rewritten = rewrite({ name, dims: tensor.dims.map(Number), values: values.slice() })
  if (!rewritten) return
  if (rewritten.length !== values.length)
    throw new RangeError(`${rewritten.length} new values for the ${values.length} of ${quote(name)}`)
  tensor.floatData = []
  tensor.rawData = new Uint8Array(rewritten.slice().buffer)
}

/** ONNX spells an omitted optional input or output as the empty name. */
function isGiven(name: string): boolean {
  return name !== ''
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80))
}

/** Smallest number first; a model has up to hundreds of thousands of operators, so no linear search. */
class MinHeap {
  readonly #items: number[] = []

  push(item: number): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((items[parent] as number) <= item) break
      items[at] = items[parent] as number
      at = parent
    }
    items[at] = item
  }

  pop(): number | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && (items[child + 1] as number) < (items[child] as number)) child++
      if ((items[child] as number) >= last) break
      items[at] = items[child] as number
      at = child
    }
    items[at] = last
    return top
  }
}
