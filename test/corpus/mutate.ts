import { fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProto_DataType,
} from 'onnx-buf'
import { type Random, randomFrom } from '../../demo/random.ts'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { allowedOperators } from '../../replay/check/operators.ts'
import { node, withSubgraphs } from './graph.ts'
import { corpusModels } from './models.ts'

/** A real model with one to three things wrong with it. */
export interface Mutant {
  /** names the seed, the model and what was done, so that a failing one can be had again */
  readonly name: string
  readonly model: Uint8Array
  readonly inputs: NamedTensors
}

const operators = [...(allowedOperators.get('') ?? [])]
const dataTypes = Object.values(TensorProto_DataType).filter((value) => typeof value === 'number')

/** Mutated models, the same for the same seed. */
export function* mutants(count: number, seed: number | string): Generator<Mutant> {
  // The small models: thousands of copies are made.
  const parents = corpusModels.filter(({ file }) => file().length < 1.5 * 2 ** 20)
  for (let i = 0; i < count; i++) {
    const random = randomFrom(`${seed}/${i}`)
    const parent = any(parents, random)
    const done: string[] = []
    let model = parent.file()
    // Bytes last: afterwards it may not be a message any more.
    const structured = random.next() < 0.8
    if (structured) {
      // A copy: what is read from it are views of it, and some mutations write there.
      const message = fromBinary(ModelProtoSchema, model.slice())
      for (let step = random.below(3); step >= 0; step--) done.push(mutate(message, random))
      model = toBinary(ModelProtoSchema, message)
    }
    if (!structured || random.next() < 0.1) {
      const [what, bytes] = spoiled(model, random)
      model = bytes
      done.push(what)
    }
    yield { name: `${seed}/${i} ${parent.name}: ${done.join('; ')}`, model, inputs: parent.input(i % 50) }
  }
}

type Mutation = (graph: GraphProto, random: Random, model: ModelProto) => string | undefined

/** Does one thing to a model, anywhere in it, and says what. */
function mutate(model: ModelProto, random: Random): string {
  const { graph } = model
  if (!graph) return 'no graph left'
  const graphs = withSubgraphs(graph)
  for (let attempt = 0; attempt < 20; attempt++) {
    const done = any(mutations, random)(any(graphs, random), random, model)
    if (done) return done
  }
  return 'nothing'
}

const strange = [0n, -1n, 1n, 2n, 3n, 255n, 65_536n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 40n, 2n ** 62n, -(2n ** 63n)]
const strangeFloats = [0, -1, 1, 1e-45, 1e38, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

const mutations: readonly Mutation[] = [
  function changesAttribute(graph, random) {
    const attribute = anyOf(attributesOf(graph), random)
    return attribute && `attribute ${attribute.name}: ${changeAttribute(attribute, random)}`
  },
  function changesAttributeAgain(graph, random) {
    const attribute = anyOf(attributesOf(graph), random)
    return attribute && `attribute ${attribute.name}: ${changeAttribute(attribute, random)}`
  },
  function removesAttribute(graph, random) {
    const owner = anyOf(
      graph.node.filter(({ attribute }) => attribute.length > 0),
      random,
    )
    const removed = owner?.attribute.splice(random.below(owner.attribute.length), 1)[0]
    return removed && `attribute ${removed.name} of ${owner?.opType} removed`
  },
  function changesDimensions(graph, random) {
    const tensor = anyOf(tensorsOf(graph), random)
    if (!tensor) return undefined
    const dims = tensor.dims.slice()
    if (random.next() < 0.3) tensor.dims.push(any(strange, random))
    else if (dims.length > 0) tensor.dims[random.below(dims.length)] = any(strange, random)
    return `dimensions of ${tensor.name}: ${dims} to ${tensor.dims}`
  },
  function changesDeclaredShape(graph, random) {
    const declared = anyOf([...graph.input, ...graph.output, ...graph.valueInfo], random)
    const value = declared?.type?.value
    if (value?.case !== 'tensorType') return undefined
    const dim = anyOf(value.value.shape?.dim ?? [], random)
    if (!dim || random.next() < 0.3) value.value.elemType = any(dataTypes, random)
    else dim.value = { case: 'dimValue', value: any(strange, random) }
    return `declared type of ${declared?.name}`
  },
  function swapsInputs(graph, random) {
    const one = anyOf(graph.node, random)
    if (!one || one.input.length < 2) return undefined
    one.input.reverse()
    return `inputs of ${one.opType} reversed`
  },
  function removesInput(graph, random) {
    const one = anyOf(graph.node, random)
    if (!one || one.input.length === 0) return undefined
    const at = random.below(one.input.length)
    if (random.next() < 0.5) one.input[at] = ''
    else one.input.splice(at, 1)
    return `input ${at} of ${one.opType} removed`
  },
  function addsInput(graph, random) {
    const one = anyOf(graph.node, random)
    const name = anyOf(namesOf(graph), random)
    if (!one || name === undefined) return undefined
    one.input.push(name)
    return `input ${name} of ${one.opType} added`
  },
  function rewires(graph, random) {
    const one = anyOf(graph.node, random)
    const name = anyOf(namesOf(graph), random)
    if (!one || one.input.length === 0 || name === undefined) return undefined
    one.input[random.below(one.input.length)] = name
    return `an input of ${one.opType} taken from ${name}`
  },
  function closesCircle(graph, random) {
    const one = anyOf(graph.node, random)
    const [output] = one?.output ?? []
    if (!one || one.input.length === 0 || output === undefined) return undefined
    one.input[random.below(one.input.length)] = output
    return `${one.opType} takes its own output`
  },
  function renamesOutput(graph, random) {
    const one = anyOf(graph.node, random)
    if (!one || one.output.length === 0) return undefined
    one.output[random.below(one.output.length)] = random.next() < 0.5 ? 'renamed' : ''
    return `an output of ${one.opType} renamed`
  },
  function duplicatesOutput(graph, random) {
    const [one, other] = [anyOf(graph.node, random), anyOf(graph.node, random)]
    if (!one || !other || one === other || !other.output[0]) return undefined
    one.output[0] = other.output[0]
    return `${one.opType} makes what ${other.opType} makes`
  },
  function exposes(graph, random, model) {
    const name = anyOf(namesOf(graph), random)
    if (name === undefined || graph !== model.graph) return undefined
    const like = graph.output[0]
    if (like) graph.output.push({ ...like, name })
    return `${name} is an output too`
  },
  function changesOperator(graph, random) {
    const one = anyOf(graph.node, random)
    if (!one) return undefined
    const before = one.opType
    one.opType = any(operators, random)
    return `${before} to ${one.opType}`
  },
  function changesOperatorAgain(graph, random) {
    const one = anyOf(graph.node, random)
    if (!one) return undefined
    const before = one.opType
    one.opType = any(operators, random)
    // Another operator's attributes only stand in the way.
    one.attribute = []
    return `${before} to bare ${one.opType}`
  },
  function insertsOperator(graph, random) {
    const at = random.below(graph.node.length + 1)
    const one = anyOf(graph.node, random)
    if (!one || one.input.length === 0) return undefined
    const made = `inserted/${at}`
    const opType = any(operators, random)
    const operands = Array.from({ length: 1 + random.below(3) }, () => one.input[0] ?? '')
    graph.node.splice(graph.node.indexOf(one), 0, node(opType, operands, [made]))
    one.input[0] = made
    return `${opType} before ${one.opType}`
  },
  function removesOperator(graph, random) {
    if (graph.node.length === 0) return undefined
    const [removed] = graph.node.splice(random.below(graph.node.length), 1)
    return `${removed?.opType} removed`
  },
  function shuffles(graph, random) {
    const [from, to] = [random.below(graph.node.length), random.below(graph.node.length)]
    const [moved] = graph.node.splice(from, 1)
    if (moved) graph.node.splice(to, 0, moved)
    return `${moved?.opType} moved`
  },
  function changesDataType(graph, random) {
    const tensor = anyOf(tensorsOf(graph), random)
    if (!tensor) return undefined
    tensor.dataType = any(dataTypes, random)
    return `type of ${tensor.name} to ${tensor.dataType}`
  },
  function changesData(graph, random) {
    const tensor = anyOf(tensorsOf(graph), random)
    if (!tensor || tensor.rawData.length === 0) return undefined
    if (random.next() < 0.3) tensor.rawData = tensor.rawData.slice(0, random.below(tensor.rawData.length))
    else if (tensor.dataType === TensorProto_DataType.INT64)
      new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset).setBigInt64(0, any(strange, random), true)
    else if (tensor.dataType === TensorProto_DataType.FLOAT)
      new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset).setFloat32(0, any(strangeFloats, random), true)
    else tensor.rawData.fill(random.below(256))
    return `data of ${tensor.name}`
  },
  function wraps(graph, random, model) {
    const one = anyOf(graph.node, random)
    const condition = anyOf(namesOf(graph), random)
    const [like] = model.graph?.output ?? []
    if (!one || !like || condition === undefined) return undefined
    const depth = 1 + random.below(20)
    const branch = (inside: NodeProto) => ({
      name: 'branch',
      node: [inside],
      output: one.output.map((name) => ({ ...like, name })),
    })
    let inner = one
    for (let i = 0; i < depth; i++) {
      // Only one of the two goes on, or there would be 2^depth of them.
      const attribute = [branch(inner), branch(one)].map((g, at) => ({
        ...{ name: at === 0 ? 'then_branch' : 'else_branch', type: AttributeProto_AttributeType.GRAPH, g },
      }))
      inner = node('If', [condition], one.output.slice(), attribute)
    }
    graph.node[graph.node.indexOf(one)] = inner
    return `${one.opType} ${depth} If deep`
  },
  function loops(graph, random, model) {
    const one = anyOf(graph.node, random)
    const [like] = model.graph?.output ?? []
    if (!one || !like) return undefined
    const body = { name: 'body', node: [one], output: one.output.map((name) => ({ ...like, name })) }
    const attribute = [{ name: 'body', type: AttributeProto_AttributeType.GRAPH, g: body }]
    graph.node[graph.node.indexOf(one)] = node('Loop', ['', '', one.input[0] ?? ''], one.output.slice(), attribute)
    return `${one.opType} in a loop`
  },
  function changesVersions(_, random, model) {
    const [opset] = model.opsetImport
    if (random.next() < 0.5) model.irVersion = any(strange, random)
    else if (opset) opset.version = BigInt(random.below(40)) - 5n
    return `versions ${model.irVersion}, ${opset?.version}`
  },
]

function changeAttribute(attribute: AttributeProto, random: Random): string {
  switch (attribute.type) {
    case AttributeProto_AttributeType.INT:
      attribute.i = any(strange, random)
      return `${attribute.i}`
    case AttributeProto_AttributeType.FLOAT:
      attribute.f = any(strangeFloats, random)
      return `${attribute.f}`
    case AttributeProto_AttributeType.INTS:
      // One too few, one too many, or another value.
      if (random.next() < 0.3) attribute.ints = attribute.ints.slice(1)
      else attribute.ints[random.below(attribute.ints.length + 1)] = any(strange, random)
      return `${attribute.ints}`
    case AttributeProto_AttributeType.STRING:
      attribute.s = random.next() < 0.5 ? new Uint8Array() : new Uint8Array(1000).fill(65)
      return `${attribute.s.length} bytes`
    default:
      attribute.type = 1 + random.below(14)
      return `type ${attribute.type}`
  }
}

/** Bytes changed without regard to what they mean. */
function spoiled(model: Uint8Array, random: Random): [string, Uint8Array] {
  const bytes = model.slice()
  const kind = random.below(4)
  if (kind === 0) {
    const kept = random.below(bytes.length)
    return [`cut to ${kept} bytes`, bytes.subarray(0, kept)]
  }
  const count = 1 + random.below(8)
  // Most of a model is weights; its first and last kilobytes are mostly structure.
  const near = kind === 1 ? bytes.length : Math.min(bytes.length, 4096)
  for (let i = 0; i < count; i++) {
    const offset = random.below(near)
    const at = kind === 3 ? bytes.length - 1 - offset : offset
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
  }
  return [`${count} bits flipped`, bytes]
}

function attributesOf(graph: GraphProto): AttributeProto[] {
  return graph.node.flatMap(({ attribute }) => attribute)
}

function tensorsOf(graph: GraphProto): TensorProto[] {
  return [...graph.initializer, ...attributesOf(graph).flatMap(({ t }) => (t ? [t] : []))]
}

function namesOf(graph: GraphProto): string[] {
  return [
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ]
}

function any<T>(list: readonly T[], random: Random): T {
  return list[random.below(list.length)] as T
}

function anyOf<T>(list: readonly T[], random: Random): T | undefined {
  return list[random.below(list.length)]
}
