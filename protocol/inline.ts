import { create, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type SparseTensorProto,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
} from 'onnx-buf'
import { fold } from './fold.ts'
import { type DecodedOnnx, decodeOnnx, graphsOf, OnnxFormatError, uses, withSubgraphs } from './onnx.ts'
import { constantOf, tensorOf } from './stored-tensor.ts'
import { dtypes, type Tensor } from './tensor.ts'

/**
 * An equivalent model in which every `If` with a constant condition is replaced by the operators of the branch it takes:
 * a contract can check operators, but no choice between graphs. What nothing needs any more is removed: the operators
 * that made the condition, the other branch and its weights.
 *
 * Conditions are computed from constants alone. Most of them ask for something that is the same in every request, such
 * as the sample rate; `values` fixes such inputs, which the model then no longer has. An `If` whose condition depends on
 * inputs stays. Operators keep the order of the file, and tensors of the main graph their names.
 *
 * @param values inputs of the model by name
 * @returns the same bytes when there is nothing to replace and no value given
 * @throws OnnxFormatError when the bytes are not a model, or a value is for no input or not of its type
 * @see https://onnx.ai/onnx/operators/onnx__If.html
 */
export function inlineModel(bytes: Uint8Array, values: ReadonlyMap<string, Tensor> = new Map()): Uint8Array {
  const decoded = decodeOnnx(bytes)
  if (values.size === 0 && !decoded.nodes.some(({ opType }) => opType === 'If')) return bytes
  const inliner = new Inliner(decoded)
  for (const [name, value] of values) inliner.fix(name, value)
  inliner.add(decoded.nodes, new Map())
  if (values.size === 0 && inliner.inlined === 0) return bytes
  inliner.finish()
  return toBinary(ModelProtoSchema, decoded.model)
}

/** A tensor's name as the file has it within one graph → its name in the new main graph. */
type Names = ReadonlyMap<string, string>

class Inliner {
  /** how many `If`s were replaced */
  inlined = 0
  readonly #graph: GraphProto
  readonly #nodes: NodeProto[] = []
  /** what is known to be constant, by name in the new main graph */
  readonly #constants = new Map<string, Tensor>()
  /** how many tensors of the whole model have this name: a branch's own name is kept if it is the only one */
  readonly #count = new Map<string, number>()
  /** standard operators that the file defines anew */
  readonly #redefined: ReadonlySet<string>

  constructor({ model, graph }: DecodedOnnx) {
    this.#graph = graph
    this.#redefined = new Set(model.functions.filter(({ domain }) => isStandard(domain)).map(({ name }) => name))
    for (const name of madeWithin(graph)) this.#count.set(name, (this.#count.get(name) ?? 0) + 1)
    for (const tensor of graph.initializer) this.#know(tensor.name, tensorOf(tensor))
  }

  /** Makes an input a constant. */
  fix(name: string, value: Tensor): void {
    const graph = this.#graph
    const input = graph.input.find((one) => one.name === name)
    if (!input) throw new OnnxFormatError(`the model has no input named ${JSON.stringify(name.slice(0, 80))}`)
    const declared = misfit(input, value)
    if (declared) throw new OnnxFormatError(`the input ${JSON.stringify(name.slice(0, 80))} is ${declared}`)
    graph.input = graph.input.filter((one) => one !== input)
    graph.initializer = graph.initializer.filter((one) => one.name !== name)
    const { code } = dtypes[value.dtype]
    const t = create(TensorProtoSchema, {
      name,
      dataType: code,
      dims: value.dims.map(BigInt),
      rawData: value.data.slice(),
    })
    this.#add(constantNode(name, { t }))
  }

  /** Takes over operators of the main graph or of a branch, with the names that their tensors have from now on. */
  add(nodes: readonly NodeProto[], names: Names): void {
    for (const node of nodes) {
      rename(node, names)
      const branch = this.#branchOf(node)
      if (branch) this.#inline(node, branch, names)
      else this.#add(node)
    }
  }

  /** Puts the operators into the graph, without those that nothing needs. */
  finish(): void {
    const graph = this.#graph
    const needed = namesNeeded(this.#nodes, graph)
    graph.node = this.#nodes.filter(({ output }) => output.some((name) => needed.has(name)))
    const initialized = new Set(graph.initializer.map(({ name }) => name))
    graph.initializer = graph.initializer.filter(({ name }) => needed.has(name))
    graph.sparseInitializer = graph.sparseInitializer.filter(({ values }) => needed.has(values?.name ?? ''))
    // Before IR version 4 an initializer is listed as an input as well; alone, it would be one.
    graph.input = graph.input.filter(({ name }) => needed.has(name) || !initialized.has(name))
    const declared = new Set([...graph.input, ...graph.output].map(({ name }) => name))
    graph.valueInfo = graph.valueInfo.filter(({ name }) => {
      const kept = needed.has(name) && !declared.has(name)
      declared.add(name)
      return kept
    })
    graph.quantizationAnnotation = graph.quantizationAnnotation.filter(({ tensorName }) => needed.has(tensorName))
  }

  #add(node: NodeProto): void {
    this.#nodes.push(node)
    const [output] = node.output
    if (!output || !isStandard(node.domain) || this.#redefined.has(node.opType)) return
    if (node.opType === 'Constant') {
      this.#know(output, constantOf(node))
      return
    }
    const inputs = node.input.flatMap((name) => this.#constants.get(name) ?? [])
    if (inputs.length === 0 || inputs.length < node.input.length) return
    this.#know(output, fold(node, inputs))
  }

  #know(name: string, value: Tensor | undefined): void {
    if (value) this.#constants.set(name, value)
  }

  /** The branch that an `If` takes whatever the inputs; undefined when that is not known, or it is no `If`. */
  #branchOf(node: NodeProto): { taken: GraphProto; other: GraphProto } | undefined {
    if (node.opType !== 'If' || !isStandard(node.domain) || this.#redefined.has('If')) return undefined
    const condition = this.#constants.get(node.input[0] ?? '')
    if (condition?.dtype !== 'bool' || condition.data.length !== 1) return undefined
    const [yes, no] = ['then_branch', 'else_branch'].map((name) => {
      const [graph, ...others] = node.attribute.filter((one) => one.name === name).flatMap(graphsOf)
      return others.length === 0 ? graph : undefined
    })
    if (!yes || !no) return undefined
    const [taken, other] = condition.data[0] === 0 ? [no, yes] : [yes, no]
    return taken.input.length > 0 || taken.output.length < node.output.length ? undefined : { taken, other }
  }

  #inline(node: NodeProto, { taken, other }: { taken: GraphProto; other: GraphProto }, outer: Names): void {
    this.inlined++
    for (const name of madeWithin(other)) this.#count.set(name, (this.#count.get(name) ?? 0) - 1)

    const names = new Map(outer)
    for (const name of madeIn(taken)) names.set(name, this.#count.get(name) === 1 ? name : this.#fresh(name))
    // What a branch's operator makes goes out under the If's own name; what it only passes on needs an operator for that.
    const made = new Set(taken.node.flatMap(({ opType, output }) => (opType === 'Constant' ? [] : output)))
    const passed: [from: string, to: string][] = []
    for (const [index, to] of node.output.entries()) {
      const from = taken.output[index]?.name ?? ''
      if (to === '') continue
      if (made.delete(from)) names.set(from, to)
      else passed.push([from, to])
    }

    for (const t of taken.initializer) this.#add(constantNode(names.get(t.name) as string, { t }))
    for (const sparseTensor of taken.sparseInitializer)
      this.#add(constantNode(names.get(sparseTensor.values?.name ?? '') ?? '', { sparseTensor }))
    this.add(taken.node, names)
    for (const [from, to] of passed)
      this.#add(create(NodeProtoSchema, { opType: 'Identity', input: [names.get(from) ?? from], output: [to] }))
    for (const info of taken.valueInfo) {
      const name = names.get(info.name)
      if (name === undefined) continue
      info.name = name
      this.#graph.valueInfo.push(info)
    }
  }

  #fresh(name: string): string {
    for (let number = 2; ; number++) {
      const candidate = `${name}:${number}`
      if (this.#count.has(candidate)) continue
      this.#count.set(candidate, 1)
      return candidate
    }
  }
}

/** Renames what a node reads and makes, and what its subgraphs capture. */
function rename(node: NodeProto, names: Names): void {
  if (names.size === 0) return
  node.input = node.input.map((name) => names.get(name) ?? name)
  node.output = node.output.map((name) => names.get(name) ?? name)
  for (const graph of node.attribute.flatMap(graphsOf)) renameCaptured(graph, names)
}

function renameCaptured(graph: GraphProto, names: Names): void {
  const captured = new Map(names)
  for (const name of [...madeIn(graph), ...graph.input.map((input) => input.name)]) captured.delete(name)
  if (captured.size === 0) return
  for (const node of graph.node) {
    node.input = node.input.map((name) => captured.get(name) ?? name)
    for (const inner of node.attribute.flatMap(graphsOf)) renameCaptured(inner, captured)
  }
  for (const output of graph.output) output.name = captured.get(output.name) ?? output.name
}

/** Names of all tensors that outputs depend on. */
function namesNeeded(nodes: readonly NodeProto[], graph: GraphProto): Set<string> {
  const maker = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)))
  maker.delete('')
  const needed = new Set<string>()
  const open = graph.output.map(({ name }) => name)
  const seen = new Set<NodeProto>()
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === '' || needed.has(name)) continue
    needed.add(name)
    const node = maker.get(name)
    if (!node || seen.has(node)) continue
    seen.add(node)
    open.push(...uses(node))
  }
  // The other outputs of an operator that is needed stay declared as they were.
  for (const node of seen) for (const name of node.output) if (name !== '') needed.add(name)
  return needed
}

/** Names of the tensors that a graph itself has, its inputs aside. */
function madeIn(graph: GraphProto): string[] {
  return [
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
    ...graph.node.flatMap(({ output }) => output),
  ].filter((name) => name !== '')
}

function madeWithin(graph: GraphProto): string[] {
  return withSubgraphs(graph).flatMap((one) => [...madeIn(one), ...one.input.map(({ name }) => name)])
}

function constantNode(name: string, value: { t: TensorProto } | { sparseTensor: SparseTensorProto }): NodeProto {
  const { TENSOR, SPARSE_TENSOR } = AttributeProto_AttributeType
  const [attribute, type] = 't' in value ? ['value', TENSOR] : ['sparse_value', SPARSE_TENSOR]
  return create(NodeProtoSchema, {
    opType: 'Constant',
    output: [name],
    attribute: [create(AttributeProtoSchema, { name: attribute as string, type: type as typeof TENSOR, ...value })],
  })
}

/** What an input is declared as, when the value is not of that kind. */
function misfit({ type }: ValueInfoProto, { dtype, dims }: Tensor): string | undefined {
  if (type?.value.case !== 'tensorType') return 'no tensor'
  const { elemType, shape } = type.value.value
  if (elemType !== dtypes[dtype].code) return `of another type than ${dtype}`
  if (!shape) return undefined
  const fits = shape.dim.every(
    ({ value }, axis) => value.case !== 'dimValue' || value.value === BigInt(dims[axis] ?? -1),
  )
  return fits && shape.dim.length === dims.length ? undefined : `of other dimensions than [${dims}]`
}

function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx'
}
