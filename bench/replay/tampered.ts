import type { NamedTensors } from '../../protocol/tensor.ts'

/** Outputs that no honest machine gives: every number a tenth larger. */
export function tampered(honest: NamedTensors): NamedTensors {
  return new Map(
    [...honest].map(([name, tensor]) => {
      if (tensor.dtype !== 'float32') return [name, tensor]
      const values = new Float32Array(tensor.data.slice().buffer).map((value) => 1.1 * value + 0.05)
      return [name, { ...tensor, data: new Uint8Array(values.buffer) }]
    }),
  )
}
