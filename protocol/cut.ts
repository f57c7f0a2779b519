import { clone, create } from '@bufbuild/protobuf'
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { type DType, dtypes } from './tensor.ts'

/** A model whose operators no longer feed each other, and how its outputs are called. */
export interface CutModel {
  readonly model: ModelProto
  /** name of a tensor of the original model → name of the output that says what its operator makes of the given inputs */
  readonly made: ReadonlyMap<string, string>
}

/**
 * Cuts a model's wires: every operator of the main graph reads the tensors it is given from outside, under their own
 * names, and what it makes goes out under another. One run on a posted trace then tells, for every operator at once,
 * what it makes of the trace's own tensors; a trace in which each tensor is what its operator makes is locally valid.
 *
 * Constants keep their wires: they have no inputs, and some operators want to see them before anything runs. Subgraphs
 * are not cut: an `If` is one operator, which reads from outside what its branches read.
 *
 * @param dtypeOf dtype of a tensor of the trace; undefined for those it lacks, which then cannot be given, so that the
 * run fails and names them
 * @param isCut which tensors are given from outside; all of them if not given
 */
export function cutModel(
  original: ModelProto,
  dtypeOf: (tensor: string) => DType | undefined,
  isCut: (tensor: string) => boolean = () => true,
): CutModel {
  const model = clone(ModelProtoSchema, original)
  const graph: GraphProto = model.graph ?? create(GraphProtoSchema)
  const prefix = freePrefix(graph)
  const given = new Set<string>()
  const made = new Map<string, string>()
  graph.node = graph.node.map((node) => {
    const constant = node.opType === 'Constant' && node.input.length === 0
    const output = node.output.map((name) => {
      if (name === '') return ''
      const cut = !constant && isCut(name)
      if (cut) given.add(name)
      made.set(name, cut ? prefix + name : name)
      return made.get(name) as string
    })
    return { ...create(NodeProtoSchema), ...node, output }
  })
  for (const name of given) {
    const dtype = dtypeOf(name)
    if (dtype === undefined) continue
    const type = { value: { case: 'tensorType' as const, value: { elemType: dtypes[dtype].code } } }
    graph.input.push(create(ValueInfoProtoSchema, { name, type }))
  }
  graph.output = [...made.values()].map((name) => create(ValueInfoProtoSchema, { name }))
  // Shapes that the whole model has need not hold for tensors that somebody made up.
  graph.valueInfo = []
  model.graph = graph
  return { model, made }
}

/** A prefix that no name of the graph starts with, so that no new name is an old one. */
function freePrefix(graph: GraphProto): string {
  const names = [
    ...graph.node.flatMap(({ input, output }) => [...input, ...output]),
    ...[...graph.input, ...graph.output, ...graph.initializer].map(({ name }) => name),
  ]
  let prefix = 'made:'
  while (names.some((name) => name.startsWith(prefix))) prefix += ':'
  return prefix
}
