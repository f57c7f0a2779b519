import type { NamedTensors } from '../../protocol/tensor.ts'
import { floatsOf, withFloats } from '../distance.ts'
import type { Random } from '../random.ts'
import type { Cheat } from './cheat.ts'

/** The coarsest cheat: it changes every number by two to five hundredths of the scale, on any model and input. */
export const noise: Cheat = {
  name: 'noise',
  about: 'runs the model, then adds noise to the outputs',
  suits: ['ocr_cls', 'silero_vad', 'hello_deepa'],
  reveals: true,
  publishes: true,
  forge: ({ model, inputs }, random) => ({ model, inputs, alter: (outputs) => noisy(outputs, random) }),
}

/** Adds noise to every float32 output. What was a probability stays one. */
export function noisy(outputs: NamedTensors, random: Random): NamedTensors {
  return new Map(
    [...outputs].map(([name, tensor]) => {
      if (tensor.dtype !== 'float32') return [name, tensor]
      const values = floatsOf(tensor)
      const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
      const probable = values.every((value) => value >= 0 && value <= 1)
      const changed = values.map((value) => {
        const by = scale * random.between(0.02, 0.05) * (random.next() < 0.5 ? -1 : 1)
        return probable && (value + by < 0 || value + by > 1) ? value - by : value + by
      })
      return [name, withFloats(tensor, changed)]
    }),
  )
}
