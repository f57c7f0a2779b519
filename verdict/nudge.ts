import type { NamedTensors, Tensor } from '../protocol/tensor.ts'

/**
 * The same inputs with every float32 and float64 element moved to a neighbouring float32, up or down as a fixed sequence
 * says; zeros, infinities and NaNs stay. Pure, and the same for the same inputs.
 *
 * A replay of these is part of the envelope: honest machines round somewhere on the way by as much. It finds models that
 * blow rounding up although the runtimes at hand, which share much of their code, round alike (Higham, *Accuracy and
 * Stability*, §1.6: forward error ≲ condition number × backward error).
 */
export function nudged(inputs: NamedTensors): NamedTensors {
  return new Map([...inputs].map(([name, tensor]) => [name, nudgedTensor(tensor)]))
}

function nudgedTensor(tensor: Tensor): Tensor {
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64') return tensor
  const { buffer } = new Uint8Array(tensor.data)
  const values = tensor.dtype === 'float32' ? new Float32Array(buffer) : new Float64Array(buffer)
  let state = 0x9e3779b9
  for (let i = 0; i < values.length; i++) {
    // xorshift32 (Marsaglia 2003): no library for three shifts.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const value = values[i] as number
    values[i] = value * (1 + (state < 0 ? 1 : -1) * 2 ** -23.5)
    // The largest number has no neighbour above it.
    if (!Number.isFinite(values[i])) values[i] = value
  }
  return { ...tensor, data: new Uint8Array(buffer) }
}
