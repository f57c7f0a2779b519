import type { Cheat } from './cheat.ts'
import { weightsRewriter } from './weights.ts'

const halved = weightsRewriter((values) => values.map(fp16))

/** Half the memory: weights in half precision. The finest cheat here. */
export const fp16Weights: Cheat = {
  name: 'fp16-weights',
  about: 'runs the model with its weights in half precision',
  // Elsewhere the few outputs saturate, and even in logit space are within twice the tolerance on 38 of 1,500 inputs of
  // ocr_cls and on 904 of hello_deepa (demo/cheats/measure.ts 1500). Telling those takes the trace.
  suits: ['silero_vad'],
  reveals: true,
  publishes: true,
  forge: ({ model, inputs }) => ({ model: halved(model), inputs }),
}

/**
 * Rounds a number to the nearest one of half precision, ties to even; what is too large becomes infinite.
 *
 * @see IEEE 754-2019, binary16: 11 significant bits, exponents -14…15
 */
export function fp16(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value
  // Below 2^-14 the numbers are evenly spaced, 2^-24 apart; above, there are 2^10 of them from one power of two to the next.
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -14)
  const step = 2 ** (exponent - 10)
  const rounded = roundToEven(value / step) * step
  return Math.abs(rounded) > 65_504 ? Math.sign(value) * Number.POSITIVE_INFINITY : rounded
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
