import { rewriteWeights } from '../../protocol/onnx.ts'

/**
 * A function that rewrites a model's weight matrices and kernels. Vectors (biases, normalisation) stay as they are, as
 * whoever compresses a model leaves them. The same model gives the same array again, so that its session is kept.
 */
export function weightsRewriter(rewrite: (values: Float32Array) => Float32Array): (model: Uint8Array) => Uint8Array {
  const made = new WeakMap<Uint8Array, Uint8Array>()
  return (model) => {
    const known = made.get(model)
    if (known) return known
    const rewritten = rewriteWeights(model, ({ dims, values }) => (dims.length >= 2 ? rewrite(values) : undefined))
    made.set(model, rewritten)
    return rewritten
  }
}
