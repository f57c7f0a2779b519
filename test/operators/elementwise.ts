import { bitsOf } from '../../protocol/arithmetic/float32.ts'
import { isWhole } from '../../protocol/arithmetic/wholes.ts'
import { operators } from '../../protocol/operators/table.ts'
import { type DType, dtypes, elementCount, type Tensor } from '../../protocol/tensor.ts'
import type { Case } from './chain-operators.ts'
import { type Node, onnxOperator } from './lone-operator.ts'
import { floatBits, floats, type randomFrom, wholes } from './random-tensors.ts'

type Random = ReturnType<typeof randomFrom>

/** How an operator of the family is tested. */
export interface Elementwise {
  /** inputs broadcast to each other */
  readonly inputs: number
  /** operator set with which every runtime is asked; 14 if not given, which the oldest knows */
  readonly opset?: number
  /** how far the two languages may differ, relative to the result or one; 0 if not given */
  readonly fine?: number
  /** whether it knows whole numbers */
  readonly wholes?: boolean
  /** types of the first inputs, where they are not that of all others */
  readonly types?: readonly DType[]
  /** the output's type, where it is not that of the inputs */
  readonly output?: DType
  /** attributes and constant inputs, drawn */
  node?(random: Random, dtype: DType): Pick<Node, 'floats' | 'texts' | 'constants'>
  /** an everyday value of an input, where not any will do */
  realistic?(random: Random, input: number): number
}

const COARSE = 2 ** -46

/** The family, by ONNX name. */
export const elementwise: Readonly<Record<string, Elementwise>> = {
  Abs: { inputs: 1, wholes: true },
  Add: { inputs: 2, wholes: true },
  Clip: { inputs: 1, wholes: true, node: (random, dtype) => ({ constants: clipBounds(random, dtype) }) },
  Div: { inputs: 2, wholes: true },
  Equal: { inputs: 2, wholes: true, output: 'bool', realistic: (random) => random.below(3) },
  Erf: { inputs: 1, realistic: (random) => 2 * random.normal() },
  Exp: { inputs: 1, fine: COARSE, realistic: (random) => (random.next() < 0.5 ? 2 : 60) * random.normal() },
  Gelu: {
    ...{ inputs: 1, opset: 20, fine: COARSE },
    node: (random) => (random.next() < 0.5 ? { texts: { approximate: 'tanh' } } : {}),
    realistic: (random) => (random.next() < 0.7 ? 2 : 8) * random.normal(),
  },
  HardSigmoid: {
    inputs: 1,
    node: (random) => (random.next() < 0.5 ? {} : { floats: { alpha: someBits(random), beta: someBits(random) } }),
    realistic: (random) => 3 * random.normal(),
  },
  HardSwish: { inputs: 1, realistic: (random) => 3 * random.normal() },
  LeakyRelu: {
    inputs: 1,
    node: (random) => (random.next() < 0.3 ? {} : { floats: { alpha: someBits(random) } }),
  },
  Log: { inputs: 1, fine: COARSE, realistic: (random) => Math.exp((random.next() < 0.5 ? 0.5 : 30) * random.normal()) },
  Max: { inputs: 3, wholes: true },
  Min: { inputs: 3, wholes: true },
  Mul: { inputs: 2, wholes: true },
  Neg: { inputs: 1, wholes: true },
  Not: { inputs: 1, types: ['bool'], output: 'bool' },
  PRelu: { inputs: 2 },
  // The chain's logarithm is off by 2⁻⁵⁹, times powers of up to 2¹⁶.
  Pow: {
    ...{ inputs: 2, fine: 2 ** -40 },
    realistic: (random, input) =>
      input === 1
        ? ([2, 3, 0.5, -1, -0.5, 4, 1, 2.2][random.below(8)] as number)
        : Math.abs(random.normal()) * 10 ** random.normal(),
  },
  Sigmoid: { inputs: 1, fine: COARSE, realistic: (random) => (random.next() < 0.7 ? 3 : 40) * random.normal() },
  Sqrt: { inputs: 1, realistic: (random) => Math.exp(20 * random.normal()) },
  Sub: { inputs: 2, wholes: true },
  Tanh: { inputs: 1, fine: COARSE, realistic: (random) => (random.next() < 0.7 ? 1 : 8) * random.normal() },
  Where: { inputs: 3, wholes: true, types: ['bool'] },
}

/** A question of any kind: any type, broadcasting, layout, and special values. */
export function randomCase(type: string, random: Random): Case {
  const { inputs, realistic, types, wholes: knowsWholes } = of(type)
  const dims = Array.from({ length: random.below(4) }, () => 1 + random.below(4))
  const dtype = random.next() < (knowsWholes ? 0.6 : 0.95) ? 'float32' : someType(random)
  const tensors = Array.from({ length: inputs }, (_, input): Tensor => {
    const own = random.next() < 0.5 ? dims : narrowed(random, dims)
    const ownType = random.next() < 0.02 ? someType(random) : (types?.[input] ?? dtype)
    if (type === 'Pow' && input === 1) return exponents(random, own)
    if (ownType !== 'float32') return anyOf(random, ownType, own)
    return realistic && random.next() < 0.6 ? drawn(own, () => realistic(random, input)) : floats(random, own, 0.15)
  })
  const query = queryOf(nodeOf(type, random, dtype), tensors, dims)
  return {
    type,
    axes: tensors.map(({ dims: { length } }) => (length === 0 ? -1 : random.below(length) - length)),
    query: { ...query, index: random.below(elementCount(dims)) },
  }
}

/** An operator and inputs for a runtime: values as models have them, and a few extreme but finite ones. */
export interface Drawn {
  readonly node: Node
  readonly tensors: readonly Tensor[]
  readonly dims: readonly number[]
}

/** Float32 inputs. */
export function realisticCase(type: string, random: Random): Drawn {
  const { inputs, realistic, types } = of(type)
  const dims = [3, 20, 25]
  const value = (input: number) => (realistic ? realistic(random, input) : random.normal() * 10 ** random.normal())
  const tensors = Array.from({ length: inputs }, (_, input) => {
    const own = input === 0 ? dims : narrowed(random, dims)
    if (types?.[input]) return anyOf(random, types[input], own)
    if (type === 'Pow' && input === 1) return drawn(own, () => value(1))
    return {
      ...{ dtype: 'float32' as const, dims: own },
      data: bytesOf(own, () => (random.next() < 0.1 ? floatBits(random, 1) : bitsOf(value(input)))),
    }
  })
  return { node: nodeOf(type, random, 'float32'), tensors, dims }
}

/** Whole-number inputs; never such that a division traps. */
export function wholeCase(type: string, random: Random, dtype: 'int32' | 'int64'): Drawn {
  const dims = [4, 25]
  const tensors = Array.from({ length: of(type).inputs }, (_, input) => {
    const own = input === 0 ? dims : narrowed(random, dims)
    if (type !== 'Div') return anyOf(random, of(type).types?.[input] ?? dtype, own)
    const values = Array.from({ length: elementCount(own) }, () => 2 + random.below(1000))
    return wholes(dtype, own, input === 0 ? values.map((value) => value * 997 - 400_000) : values)
  })
  return { node: nodeOf(type, random, dtype), tensors, dims }
}

/** The question of one element of what was drawn. */
export function caseOf({ node, tensors, dims }: Drawn, index: number): Case {
  return { type: node.type, query: { ...queryOf(node, tensors, dims), index } }
}

function queryOf(node: Node, tensors: readonly Tensor[], dims: readonly number[]) {
  const canonical = operators.get(node.type)?.canonical(onnxOperator(node))
  if (!canonical) throw new Error(`no operator ${node.type}`)
  return {
    terms: { rule: 'worstCase', lambda: 0 },
    attributes: canonical.attributes,
    inputs: canonical.inputs.map((input) => tensors[input]),
    output: 0,
    dims,
  } as const
}

function nodeOf(type: string, random: Random, dtype: DType): Node {
  const { inputs, opset = 14, node } = of(type)
  const parts = node?.(random, dtype) ?? {}
  return { type, opset, ...parts, inputs: inputs + (parts.constants?.size ?? 0) }
}

function of(type: string): Elementwise {
  const known = elementwise[type]
  if (!known) throw new Error(`${type} is not of this family`)
  return known
}

/** Dimensions that broadcast to these: some of them one, some of the first left out. */
function narrowed(random: Random, dims: readonly number[]): number[] {
  return dims.map((size) => (random.next() < 0.4 ? 1 : size)).slice(random.below(dims.length + 1))
}

function clipBounds(random: Random, dtype: DType): ReadonlyMap<number, Tensor> {
  if (dtype !== 'float32') {
    const [low, high] = [BigInt(random.below(60)), BigInt(60 + random.below(60))]
    return new Map([low, high].map((value, i) => [i + 1, wholes(dtype, [], [value])] as const))
  }
  const bounds = [random.normal() - 1, random.next() < 0.1 ? -1 : 2 + random.normal() ** 2]
  return new Map(bounds.slice(0, 1 + random.below(2)).map((value, i) => [i + 1, drawn([], () => value)] as const))
}

/** Powers that a contract meets: whole ones of several types, everyday ones, special ones. */
function exponents(random: Random, dims: readonly number[]): Tensor {
  const kind = random.next()
  const small = () => random.below(9) - 4
  if (kind < 0.1) return anyOf(random, random.next() < 0.5 ? 'int32' : 'int64', dims)
  if (kind < 0.3) {
    const dtype = (['int32', 'int64', 'int8', 'uint8'] as const)[random.below(4)] as DType
    return wholes(dtype, dims, Array.from({ length: elementCount(dims) }, small))
  }
  if (kind < 0.6) return drawn(dims, small)
  return kind < 0.8 ? drawn(dims, () => random.normal() * 3) : floats(random, dims, 0.2)
}

function someBits(random: Random): number {
  return floatBits(random, 0)
}

function someType(random: Random): DType {
  const names = Object.keys(dtypes) as DType[]
  return names[random.below(names.length)] as DType
}

/** Any numbers of a type, the smallest, the largest and small ones more often. */
function anyOf(random: Random, dtype: DType, dims: readonly number[]): Tensor {
  if (!isWhole(dtype)) {
    const data = Uint8Array.from({ length: elementCount(dims) * dtypes[dtype].bytes }, () => random.below(2))
    return { dtype, dims, data }
  }
  const bits = BigInt(8 * dtypes[dtype].bytes)
  const value = () => {
    const kind = random.next()
    if (kind < 0.5) return BigInt(random.below(7) - 3)
    if (kind < 0.7) return (1n << (bits - 1n)) - BigInt(random.below(2))
    return (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32))
  }
  return wholes(dtype, dims, Array.from({ length: elementCount(dims) }, value))
}

function drawn(dims: readonly number[], value: () => number): Tensor {
  return { dtype: 'float32', dims, data: bytesOf(dims, () => bitsOf(value())) }
}

function bytesOf(dims: readonly number[], bits: () => number): Uint8Array {
  return new Uint8Array(Uint32Array.from({ length: elementCount(dims) }, bits).buffer)
}
