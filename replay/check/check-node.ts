import { AttributeProto_AttributeType, type NodeProto } from 'onnx-buf'
import { dtypes } from '../../protocol/tensor.ts'
import { quote } from '../quote.ts'
import type { Constants } from './constants.ts'
import { allowedOperators, randomOperators, requiredInputs, variadicOperators } from './operators.ts'
import { UnsupportedModel } from './unsupported.ts'

/** More elements than this no tensor has that a model in use needs: 8 GiB of float32. */
export const MAX_ELEMENTS = 2 ** 31

const castTargets = new Set<number>(Object.values(dtypes).map(({ code }) => code))

/** Attributes that say how many, how large or how far apart: operators divide by them, and not all look before. */
const positiveAttributes = new Set([
  'block_size',
  'blocksize',
  'dilations',
  'group',
  'hidden_size',
  'kernel_shape',
  'num_groups',
  'pooled_shape',
  'strides',
])

/**
 * Refuses an operator that cannot be replayed: unknown, random, known to kill the runtime, or with an output too large
 * as far as the file shows.
 *
 * @throws UnsupportedModel naming the operator
 */
export function checkNode(node: NodeProto, constants: Constants): void {
  const domain = node.domain === 'ai.onnx' ? '' : node.domain
  const operator = `operator ${quote(domain === '' ? node.opType : `${domain}.${node.opType}`, 80)}`
  if (domain === '' && randomOperators.has(node.opType))
    throw new UnsupportedModel(`${operator} draws random numbers, so nobody can replay it`)
  if (!allowedOperators.get(domain)?.has(node.opType))
    throw new UnsupportedModel(`${operator} is not among those that are replayed`)
  // The runtime counts operands, but an empty name counts as one: a required one that is empty kills it.
  const required = requiredInputs(node.opType)
  const absent = node.input.findIndex((name, at) => name === '' && (at < required || isVariadic(node, at)))
  if (absent >= 0) throw new UnsupportedModel(`${operator} lacks an operand`)
  for (const { name, type, i, ints } of node.attribute)
    if (positiveAttributes.has(name) && (type === AttributeProto_AttributeType.INT ? [i] : ints).some((n) => n < 1n))
      throw new UnsupportedModel(`${operator} has a zero or negative ${quote(name)}`)
  if (domain === '') checkStandard(node, operator, constants)
}

function checkStandard(node: NodeProto, operator: string, constants: Constants): void {
  const { opType, input, attribute } = node
  // Its third input turns training mode on (opset 12 and later); whether it is true shows only when it runs.
  if (opType === 'Dropout' && input[2])
    throw new UnsupportedModel(`${operator} may be in training mode, where it draws random numbers`)
  const target = attribute.find(({ name }) => name === 'to')?.i
  if (opType === 'Cast' && target !== undefined && !castTargets.has(Number(target)))
    throw new UnsupportedModel(`${operator} gives element type ${target}, which is not supported`)
  if ((opType === 'Div' || opType === 'Mod') && constants.isInteger(input[1])) {
    // The processor traps: on zero always, on -1 when the smallest integer is divided by it.
    const divisor = constants.numbers(input[1], 2 ** 20)?.find((value) => value === 0 || value === -1)
    if (divisor !== undefined) throw new UnsupportedModel(`${operator} divides integers by ${divisor}`)
  }
  const elements = leastElements(node, constants)
  if (elements !== undefined && !(elements <= MAX_ELEMENTS))
    throw new UnsupportedModel(`the output of ${operator} is too large: at least ${elements} elements`)
}

/** How many elements the output has at least, for operators that can make much out of little; undefined if unknown. */
function leastElements({ opType, input, attribute }: NodeProto, constants: Constants): number | undefined {
  const numbers = (at: number) => constants.numbers(input[at])
  const last = (...positions: number[]) => positions.map(numbers).find((values) => values && values.length > 0)
  switch (opType) {
    case 'ConstantOfShape':
      return product(numbers(0))
    case 'Expand':
    case 'Reshape':
    case 'CenterCropPad':
    case 'Col2Im':
    case 'Tile':
      // A 0 or -1 of Reshape takes what is there; of the others, an output that is empty.
      return product(numbers(1)?.filter((value) => opType !== 'Reshape' || value > 0))
    case 'Resize':
      return product(last(3, 2))
    case 'Upsample':
      return product(numbers(1) ?? attribute.find(({ name }) => name === 'scales')?.floats)
    case 'MaxUnpool':
      return product(numbers(2))
    case 'Pad': {
      const pads = numbers(1) ?? attribute.find(({ name }) => name === 'pads')?.ints.map(Number)
      const axes = (pads?.length ?? 0) / 2
      // Only while nothing is cut off: then each axis has what is added to it, and one more.
      if (!pads || pads.some((value) => value < 0)) return undefined
      return product(pads.slice(0, axes).map((before, axis) => 1 + before + (pads[axes + axis] ?? 0)))
    }
    case 'Range': {
      const [start, limit, delta] = [numbers(0)?.[0], numbers(1)?.[0], numbers(2)?.[0]]
      if (start === undefined || limit === undefined || !delta) return undefined
      return Math.max(0, Math.ceil((limit - start) / delta))
    }
    case 'OneHot':
    case 'DFT':
      return numbers(1)?.[0]
    case 'BlackmanWindow':
    case 'HammingWindow':
    case 'HannWindow':
      return numbers(0)?.[0]
    case 'MelWeightMatrix':
      return product([numbers(0)?.[0] ?? 1, (numbers(1)?.[0] ?? 1) / 2])
    default:
      return undefined
  }
}

function product(values: number[] | undefined): number | undefined {
  return values?.reduce((total, value) => total * value, 1)
}

function isVariadic({ opType, domain }: NodeProto, at: number): boolean {
  if (domain !== '' && domain !== 'ai.onnx') return false
  return variadicOperators.has(opType) || (opType === 'Loop' && at >= 2) || opType === 'Scan'
}
