import { type GraphProto, type NodeProto, TensorProto_DataType } from 'onnx-buf'
import { edited, node, stored, storedNumber, valuesOf, weightsOf, whole, withSubgraphs } from './graph.ts'

/**
 * A model with its convolutions and matrix products in 8-bit integers, as dynamic quantisation makes it: activations are
 * quantised as they come (`DynamicQuantizeLinear`), weights are stored in 8 bits with one scale a tensor, and the 32-bit
 * sums are scaled back. This is what most published `model_quantized.onnx` files consist of.
 *
 * Made here because no npm package of fitting size with such a model was found. The weights are real.
 *
 * Weights are uint8 around 128, not int8: runtimes before 1.17 have no `ConvInteger` for int8, and with int8 the sums of
 * pairs saturate in 16 bits on machines without VNNI, so that honest results have nothing to do with each other.
 *
 * @see https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html ("When and why do I need to try U8U8?")
 */
export function quantized(model: Uint8Array): Uint8Array {
  return edited(model, (_, main) => {
    for (const graph of withSubgraphs(main)) {
      const weights = weightsOf(graph)
      graph.node = graph.node.flatMap((one) => {
        const [x, w, bias] = one.input
        const values = weights.get(w ?? '')
        if (x === undefined || !values || weights.has(x)) return [one]
        if (one.opType === 'Conv' || (one.opType === 'MatMul' && values.dims.length === 2))
          return integerProduct(graph, one, [x, bias], valuesOf(values), values.dims.map(Number))
        return [one]
      })
    }
  })
}

function integerProduct(
  graph: GraphProto,
  { opType, attribute, output: [y = ''] }: NodeProto,
  [x, bias]: [string, string | undefined],
  values: Float32Array,
  dims: number[],
): NodeProto[] {
  const at = (name: string) => `${y}/int8/${name}`
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127 || 1
  const rounded = Uint8Array.from(values, (value) => 128 + Math.round(value / scale))
  graph.initializer.push(
    stored(at('w'), TensorProto_DataType.UINT8, dims, rounded),
    stored(at('w_zero'), TensorProto_DataType.UINT8, [], Uint8Array.of(128)),
    storedNumber(at('w_scale'), scale),
  )
  const product = opType === 'Conv' ? 'ConvInteger' : 'MatMulInteger'
  const scaled = bias ? at('scaled') : y
  const nodes = [
    node('DynamicQuantizeLinear', [x], [at('x'), at('x_scale'), at('x_zero')]),
    node(product, [at('x'), at('w'), at('x_zero'), at('w_zero')], [at('sum')], attribute),
    node('Cast', [at('sum')], [at('float')], [whole('to', TensorProto_DataType.FLOAT)]),
    node('Mul', [at('x_scale'), at('w_scale')], [at('scale')]),
    node('Mul', [at('float'), at('scale')], [scaled]),
  ]
  if (!bias) return nodes
  const length = BigInt64Array.of(1n, -1n, ...dims.slice(2).map(() => 1n))
  graph.initializer.push(stored(at('shape'), TensorProto_DataType.INT64, [length.length], length))
  nodes.push(node('Reshape', [bias, at('shape')], [at('bias')]), node('Add', [scaled, at('bias')], [y]))
  return nodes
}
