import { inferAll } from '../../node/infer.ts'
import type { Terms } from '../../protocol/arithmetic/bounds.ts'
import { bitsOf, toFixed } from '../../protocol/arithmetic/float32.ts'
import { decodeOnnx, rewriteWeights } from '../../protocol/onnx.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { largestDot } from '../../protocol/proof/largest-dot.ts'
import { TracedOperator } from '../../protocol/proof/prove-operator.ts'
import { elementCount, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { floats } from '../corpus/inputs.ts'
import { deviation, halfWidth, median } from './deviation.ts'
import { type NamedModel, traceOf } from './honest-traces.ts'

/** A layer of a model: a sum of products with weights of its own. */
export interface Layer {
  readonly model: string
  readonly file: Uint8Array
  /** of its operator in the graph */
  readonly index: number
  readonly type: string
  /** terms of each sum */
  readonly terms: number
  /** name of its weights in the file */
  readonly weights: string
}

/** A model's convolutions and matrix products, as far as the sizes of their weights are known. */
export function layersOf({ name, file }: NamedModel): Layer[] {
  const { flat, graph } = committedModel(file)
  const weightsOf = new Map(decodeOnnx(flat).nodes.map(({ input, output }) => [output[0], input[1]]))
  return graph.operators.flatMap((operator, index) => {
    const { type, firstOutput } = operator
    const terms = largestDot({ operators: [operator] })
    const weights = weightsOf.get(graph.names[firstOutput])
    return terms > 0 && weights ? [{ model: name, file, index, type, terms, weights }] : []
  })
}

/** Runs a model with the weights of one layer rewritten: a consistent trace, false in that layer alone. */
export async function traceWith(
  { file, weights }: Layer,
  inputs: NamedTensors,
  rewrite: (values: Float32Array) => Float32Array,
): Promise<NamedTensors> {
  const { flat } = committedModel(file)
  const model = rewriteWeights(flat, ({ name, values }) => (name === weights ? rewrite(values) : undefined))
  return new Map([...inputs, ...(await inferAll({ model, inputs }))])
}

/** What a bound makes of a layer's posted output. */
export interface Sight {
  /** how many elements were looked at, and how many of them are false */
  readonly elements: number
  readonly convicted: number
  /** largest distance from the exact value, in half widths */
  readonly farthest: number
  /** half width in parts of the exact value, and of the output's root mean square: from there on a lie is convicted */
  readonly ofValue: readonly number[]
  readonly ofSize: readonly number[]
}

/**
 * Looks at a layer as a watcher does, element by element, but for most `samples` of them.
 *
 * @param trace all tensors of a run
 */
export function look({ file, index }: Layer, trace: NamedTensors, terms: Terms, samples: number): Sight {
  const { graph } = committedModel(file)
  const operator = new TracedOperator(graph, traceOf(graph, index, trace, trace), index, terms)
  const tensor = operator.made(0).tensor as Tensor
  const values = floats(tensor)
  const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
  const count = elementCount(tensor.dims)
  const step = Math.max(1, count / samples)
  const [ofValue, ofSize]: [number[], number[]] = [[], []]
  let [elements, convicted, farthest] = [0, 0, 0]
  for (let at = 0; at < count; at += step) {
    const element = Math.floor(at)
    const range = operator.range(0, element)
    if (range.kind !== 'interval') continue
    elements++
    if (operator.isFalse(0, element)) convicted++
    farthest = Math.max(farthest, deviation(range, toFixed(bitsOf(values[element] as number)) as bigint))
    // Zeros of a blank margin have nothing to be a part of.
    if (values[element] !== 0) ofValue.push(halfWidth(range) / Math.abs(values[element] as number))
    if (size > 0) ofSize.push(halfWidth(range) / size)
  }
  return { elements, convicted, farthest, ofValue, ofSize }
}

/** Median and least, as a share of one. */
export function spread(shares: readonly number[]): string {
  const least = shares.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  return `${median(shares).toExponential(1)}, ${least.toExponential(1)}`
}
