import { type AttributeProto, type GraphProto, type ModelProto, type NodeProto, TensorProto_DataType } from 'onnx-buf'
import type { Form } from './form.ts'

/** How a model's outputs are compared, and which tensors that takes beside the outputs. */
export interface OutputForms {
  /** by output name */
  readonly forms: Map<string, Form>
  /** for each output that is a label, the name of the tensor in the main graph that holds its scores */
  readonly scores: Map<string, string>
}

/**
 * Reads off a model's graph what makes each of its outputs, hence how two honest replays of it may differ. Pure; the
 * model comes from a stranger, so it is read as far as it can be followed, and whatever is unclear gets the form that
 * blames nobody: `linear` for floating-point outputs, `discrete` for whole numbers.
 *
 * @see https://onnx.ai/onnx/operators/ for what each operator does
 */
export function outputForms({ graph }: ModelProto): OutputForms {
  const forms = new Map<string, Form>()
  const scores = new Map<string, string>()
  if (!graph) return { forms, scores }
  const main = scopeOf(graph)
  const known: Known = { scopes: new Map(), found: new Map() }
  for (const { name, type } of graph.output) {
    const elemType = type?.value.case === 'tensorType' ? type.value.value.elemType : 0
    if (elemType === TensorProto_DataType.UNDEFINED || isFloat(elemType)) {
      const kind = squashing(name, main, known)
      forms.set(name, { kind: kind ?? 'linear' })
      continue
    }
    const label = labelOf(name, main)
    if (roundsNowhere(name, main)) forms.set(name, { kind: 'exact' })
    else if (label) {
      forms.set(name, label.form)
      scores.set(name, label.scores)
    } else forms.set(name, { kind: 'discrete' })
  }
  return { forms, scores }
}

/** A graph with what makes each of its tensors, and the graph around it, whose tensors it may read as well. */
interface Scope {
  readonly graph: GraphProto
  readonly makers: ReadonlyMap<string, NodeProto>
  readonly outer?: Scope
}

function scopeOf(graph: GraphProto, outer?: Scope): Scope {
  const makers = new Map<string, NodeProto>()
  for (const node of graph.node) for (const output of node.output) if (output !== '') makers.set(output, node)
  return outer ? { graph, makers, outer } : { graph, makers }
}

/** The operator that makes a tensor as seen from a scope, and the scope it stands in. */
function makerOf(name: string, scope: Scope): { node: NodeProto; scope: Scope } | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const node = at.makers.get(name)
    if (node) return { node, scope: at }
    // A name that a subgraph takes as its own input hides one outside.
    if (at.graph.input.some((input) => input.name === name)) return undefined
  }
  return undefined
}

const isStandard = ({ domain }: NodeProto) => domain === '' || domain === 'ai.onnx'
const attribute = (node: NodeProto, name: string): AttributeProto | undefined =>
  node.attribute.find((one) => one.name === name)
const isFloat = (elemType: number) => floats.has(elemType)
const floats = new Set<number>([
  TensorProto_DataType.FLOAT,
  TensorProto_DataType.FLOAT16,
  TensorProto_DataType.DOUBLE,
  TensorProto_DataType.BFLOAT16,
])

/** How many carriers are followed: far more than a real model has in a row. */
const MAX_STEPS = 256

type Squashing = 'sigmoid' | 'tanh' | 'softmax'
const squashers = new Map<string, Squashing>([
  ['Sigmoid', 'sigmoid'],
  ['Tanh', 'tanh'],
  ['Softmax', 'softmax'],
])

/**
 * Operators that only move, choose or average what their first input holds. The average is no gap in the argument: if
 * every logit moves by at most δ, so does the logit of a mean of sigmoids, since the mean of p(1 − p) is at most that of
 * the mean (concavity), and the logarithm of a mean of softmaxes, since each of them changes by at most a factor.
 */
const carriers = new Set(
  words(
    'Identity Squeeze Unsqueeze Reshape Flatten Transpose Slice Gather Split Expand Tile ReduceMean ReduceMax ReduceMin',
  ),
)

/** How many `Concat` and `If` deep a squashing function is looked for; beyond, an output counts as linear. */
const MAX_DEPTH = 32

/** What is known already, so that a graph of a stranger takes one look at each tensor, however it is tangled. */
interface Known {
  readonly scopes: Map<GraphProto, Scope>
  readonly found: Map<Scope, Map<string, Squashing | undefined>>
}

/** The squashing function that a tensor came out of, if all of it did, branches of `If` included. */
function squashing(name: string, scope: Scope, known: Known, depth = 0): Squashing | undefined {
  let made = makerOf(name, scope)
  // In a loop, not by recursion: a chain may be as long as the model. A circle ends at MAX_STEPS.
  for (let step = 0; made && isStandard(made.node) && carriers.has(made.node.opType) && step < MAX_STEPS; step++) {
    name = made.node.input[0] ?? ''
    made = makerOf(name, made.scope)
  }
  if (!made || !isStandard(made.node) || depth > MAX_DEPTH) return undefined
  const direct = squashers.get(made.node.opType)
  if (direct) return direct
  const found = known.found.get(made.scope) ?? new Map<string, Squashing | undefined>()
  known.found.set(made.scope, found)
  if (!found.has(name)) {
    // Undefined while it is being looked at, which ends circles.
    found.set(name, undefined)
    found.set(name, joined(made.node, name, made.scope, known, depth + 1))
  }
  return found.get(name)
}

/** What `Concat` joins, or either branch of `If` gives: a squashing function only where all parts agree on it. */
function joined(node: NodeProto, name: string, scope: Scope, known: Known, depth: number): Squashing | undefined {
  if (node.opType === 'Concat') return agreed(node.input.map((input) => squashing(input, scope, known, depth)))
  if (node.opType !== 'If') return undefined
  const index = node.output.indexOf(name)
  return agreed(
    node.attribute
      .flatMap(({ g }) => (g ? [g] : []))
      .map((branch) => {
        const inner = known.scopes.get(branch) ?? scopeOf(branch, scope)
        known.scopes.set(branch, inner)
        return squashing(branch.output[index]?.name ?? '', inner, known, depth)
      }),
  )
}

function agreed<T>(all: (T | undefined)[]): T | undefined {
  return all.every((one) => one === all[0]) ? all[0] : undefined
}

/** Operators that change a label's shape or integer type, but not the order of its elements. */
const labelCarriers = new Set(words('Identity Squeeze Unsqueeze Reshape Flatten Cast'))

/** The scores that a label was chosen from: only where they are a tensor of the main graph, which can be had as an output. */
function labelOf(name: string, main: Scope): { form: Form; scores: string } | undefined {
  let node = main.makers.get(name)
  let tensor = name
  for (let step = 0; node && isStandard(node) && labelCarriers.has(node.opType) && step < MAX_STEPS; step++) {
    tensor = node.input[0] ?? ''
    node = main.makers.get(tensor)
  }
  if (!node || !isStandard(node)) return undefined
  const scores = node.input[0] ?? ''
  if (!main.makers.has(scores)) return undefined
  const axis = Number(attribute(node, 'axis')?.i ?? (node.opType === 'TopK' ? -1n : 0n))
  switch (node.opType) {
    case 'ArgMax':
    case 'ArgMin':
      return { form: { kind: 'label', axis, largest: node.opType === 'ArgMax' }, scores }
    case 'TopK': {
      const sorted = (attribute(node, 'sorted')?.i ?? 1n) === 1n
      const largest = (attribute(node, 'largest')?.i ?? 1n) === 1n
      return sorted && tensor === node.output[1] ? { form: { kind: 'label', axis, largest }, scores } : undefined
    }
  }
  return undefined
}

/** Operators whose result is exact whatever the element type: they move, choose or compare. */
const exactOperators = new Set(
  words(`
    Identity Squeeze Unsqueeze Reshape Flatten Transpose Slice Gather GatherElements GatherND Split Expand Tile Concat Pad
    Shape Size Constant ConstantOfShape ArgMax ArgMin TopK Max Min Abs Neg Sign Relu Equal Greater GreaterOrEqual Less
    LessOrEqual And Or Not Xor Where NonZero Compress OneHot EyeLike ReduceMax ReduceMin Scatter ScatterElements
    ScatterND ReverseSequence Trilu Unique`),
)
/** Operators that are exact on integers, where they wrap around, but round on floating-point numbers. */
const integerOperators = new Set(
  words(
    'Add Sub Mul Div Mod Range CumSum ReduceSum ReduceProd BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot Cast',
  ),
)

/** Whether nothing on the way from the inputs to a tensor of the main graph can round, so that all machines agree. */
function roundsNowhere(name: string, main: Scope): boolean {
  const types = new Map<string, number>(main.graph.initializer.map((tensor) => [tensor.name, tensor.dataType]))
  for (const { name: input, type } of main.graph.input)
    if (type?.value.case === 'tensorType') types.set(input, type.value.value.elemType)
  const seen = new Set<string>()
  const waiting = [name]
  let [arithmetic, floating] = [false, false]
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (tensor === '' || seen.has(tensor)) continue
    seen.add(tensor)
    const node = main.makers.get(tensor)
    if (!node) {
      const type = types.get(tensor)
      if (type === undefined) return false
      floating ||= isFloat(type)
      continue
    }
    if (!isStandard(node)) return false
    if (integerOperators.has(node.opType)) arithmetic = true
    else if (!exactOperators.has(node.opType)) return false
    floating ||= makesFloats(node)
    waiting.push(...node.input)
  }
  return !(arithmetic && floating)
}

/** Whether an operator makes floating-point numbers without being given any. */
function makesFloats(node: NodeProto): boolean {
  const target = attribute(node, 'to') ?? attribute(node, 'dtype')
  if (target && isFloat(Number(target.i))) return true
  const value = attribute(node, 'value')?.t
  switch (node.opType) {
    case 'Constant':
      return value ? isFloat(value.dataType) : !(attribute(node, 'value_int') ?? attribute(node, 'value_ints'))
    case 'ConstantOfShape':
      return !value || isFloat(value.dataType)
    case 'EyeLike':
      return !target
  }
  return false
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
