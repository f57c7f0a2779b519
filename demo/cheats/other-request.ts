import { demoModels } from '../models.ts'
import type { Cheat } from './cheat.ts'

/** Nothing to compute: an output that was right for another input. */
export const otherRequest: Cheat = {
  name: 'other-request',
  about: "posts the output of another request's input",
  // Not hello_deepa: two of its saturated outputs are within twice the tolerance for 24 of 1,500 pairs of inputs
  // (demo/cheats/measure.ts 1500).
  suits: ['ocr_cls', 'silero_vad'],
  reveals: true,
  forge({ model, modelHash }, random) {
    const known = demoModels().find((one) => one.modelHash === modelHash)
    if (!known) throw new Error(`no other input is known for model ${modelHash}`)
    return { model, inputs: known.input(random.below(2 ** 32)) }
  },
}
