import type { Cheat } from './cheat.ts'
import { weightsRewriter } from './weights.ts'

const quantized = weightsRewriter(int8)

/** A quarter of the memory: weights as 8-bit integers with one scale a tensor. */
export const int8Weights: Cheat = {
  name: 'int8-weights',
  about: 'runs the model with its weights rounded to 8-bit integers',
  // Elsewhere the few outputs saturate: within twice the tolerance on 5 of 1,500 inputs of ocr_cls and on 24 of
  // hello_deepa (demo/cheats/measure.ts 1500).
  suits: ['silero_vad'],
  reveals: true,
  publishes: true,
  forge: ({ model, inputs }) => ({ model: quantized(model), inputs }),
}

/** Rounds to the 255 values that a symmetric 8-bit scale has. */
export function int8(values: Float32Array): Float32Array {
  const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127
  return scale === 0 ? values : values.map((value) => Math.round(value / scale) * scale)
}
