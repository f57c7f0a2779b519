import { type GraphProto, type NodeProto, TensorProto_DataType } from 'onnx-buf'
import { fp16 } from '../../demo/cheats/fp16-weights.ts'
import { rewriteWeights } from '../../protocol/onnx.ts'
import { edited, node, storedNumber, weightsOf, whole, withSubgraphs } from './graph.ts'

/** Matrix and kernel weights rewritten; vectors (biases, normalisation) stay, as whoever compresses a model leaves them. */
export function withWeights(
  model: Uint8Array,
  rewrite: (values: Float32Array, dims: readonly number[]) => Float32Array,
): Uint8Array {
  return rewriteWeights(model, ({ dims, values }) => (dims.length >= 2 ? rewrite(values, dims) : undefined))
}

/** Nearest numbers with so many bits of mantissa, the leading one included: 11 for TF32, 8 for bf16. Ties to even. */
export function roundedTo(bits: number): (values: Float32Array) => Float32Array {
  const drop = 24 - bits
  return (values) => {
    const rounded = values.slice()
    const words = new Uint32Array(rounded.buffer)
    for (const [i, word] of words.entries()) {
      const tie = (word >>> drop) & 1
      words[i] = ((word + 2 ** (drop - 1) - 1 + tie) >>> drop) << drop
    }
    return rounded
  }
}

export const toFp16 = (values: Float32Array): Float32Array => values.map(fp16)

/** Operators that a GPU runs on its matrix units. */
const products = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Gemm', 'LSTM'])

/**
 * A model whose products take their activations in a lower precision and sum in fp32, as matrix units do. With its
 * weights rounded too (see {@link withWeights}) that is what a GPU computes that was told TF32, fp16 or bf16 will do.
 */
export function withActivations(model: Uint8Array, precision: 'tf32' | 'fp16' | 'bf16'): Uint8Array {
  return edited(model, (_, main) => {
    // Veltkamp's splitting: with c = 2^k + 1, cx − (cx − x) is x rounded to 24 − k bits. Casting to bf16 and back would
    // take a newer operator set than some models have.
    main.initializer.push(storedNumber('split/factor', 2 ** (precision === 'bf16' ? 16 : 13) + 1))
    let count = 0
    for (const graph of withSubgraphs(main)) {
      const weights = weightsOf(graph)
      graph.node = graph.node.flatMap((one) => {
        const [x, y] = one.input
        if (!products.has(one.opType) || !x) return [one]
        const added: NodeProto[] = []
        for (const [at, name] of [x, y].entries()) {
          if (!name || weights.has(name) || (at === 1 && !['MatMul', 'Gemm'].includes(one.opType))) continue
          const rounded = `${name}/rounded/${count++}`
          added.push(...roundingOf(name, rounded, precision))
          one.input[at] = rounded
        }
        return [...added, one]
      })
    }
  })
}

function roundingOf(from: string, to: string, precision: 'tf32' | 'fp16' | 'bf16'): NodeProto[] {
  if (precision === 'fp16')
    return [
      node('Cast', [from], [`${to}/low`], [whole('to', TensorProto_DataType.FLOAT16)]),
      node('Cast', [`${to}/low`], [to], [whole('to', TensorProto_DataType.FLOAT)]),
    ]
  return [
    node('Mul', [from, 'split/factor'], [`${to}/scaled`]),
    node('Sub', [`${to}/scaled`, from], [`${to}/rest`]),
    node('Sub', [`${to}/scaled`, `${to}/rest`], [to]),
  ]
}

/** Layers that a model still runs without: their output has the shape of their input. */
const shapeless = new Set(['Relu', 'LeakyRelu', 'Clip', 'HardSigmoid', 'BatchNormalization', 'Tanh', 'Sqrt'])

/**
 * A model with one of its layers left out, to save the time: an activation, a normalisation or a bias.
 *
 * @param pick 0…1: from the first such layer to the last
 * @returns undefined when there is none
 */
export function withoutLayer(model: Uint8Array, pick: number): Uint8Array | undefined {
  let found = false
  const shorter = edited(model, (_, main) => {
    const candidates = withSubgraphs(main).flatMap((graph) => {
      const weights = weightsOf(graph)
      return graph.node.flatMap((one) => {
        const kept = keptInput(one, weights)
        return kept === undefined ? [] : [{ graph, one, kept }]
      })
    })
    const chosen = candidates[Math.min(candidates.length - 1, Math.floor(pick * candidates.length))]
    if (!chosen) return
    found = true
    replace(chosen.graph, chosen.one, node('Identity', [chosen.kept], chosen.one.output.slice(0, 1)))
  })
  return found ? shorter : undefined
}

function keptInput({ opType, input }: NodeProto, weights: ReturnType<typeof weightsOf>): string | undefined {
  const [x, y] = input
  if (shapeless.has(opType)) return x
  // A bias has as many elements as there are channels; a number that is added broadcasts like one too.
  if (opType === 'Add' && x !== undefined && y !== undefined && weights.has(y) && !weights.has(x)) return x
  return undefined
}

function replace(graph: GraphProto, old: NodeProto, by: NodeProto): void {
  graph.node[graph.node.indexOf(old)] = by
}

/** Weights in 8 bits with one scale for each output channel: the finest that integer inference does. */
export function int8PerChannel(values: Float32Array, dims: readonly number[]): Float32Array {
  const size = values.length / (dims[0] as number)
  const rounded = values.slice()
  for (let from = 0; from < values.length; from += size) {
    const channel = rounded.subarray(from, from + size)
    const scale = channel.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127
    if (scale > 0) for (const [i, value] of channel.entries()) channel[i] = Math.round(value / scale) * scale
  }
  return rounded
}

/** The smallest tenth of the weights left out. */
export function pruned(values: Float32Array): Float32Array {
  const sizes = values.map(Math.abs).sort()
  const least = sizes[Math.floor(sizes.length / 10)] ?? 0
  return values.map((value) => (Math.abs(value) < least ? 0 : value))
}
