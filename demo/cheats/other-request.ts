import { demoModels } from '../models.ts'
import type { Cheat } from './cheat.ts'

/** Nothing to compute: an output that was right for another input. */
export const otherRequest: Cheat = {
  name: 'other-request',
  about: "posts the output of another request's input",
  suits: ['ocr_cls', 'silero_vad', 'hello_deepa'],
  reveals: true,
  publishes: true,
  forge({ model, modelHash }, random) {
    const known = demoModels().find((one) => one.modelHash === modelHash)
    if (!known) throw new Error(`no other input is known for model ${modelHash}`)
    const inputs = known.input(random.below(2 ** 32))
    // Its trace is true all along, but does not begin where the request does.
    return { model, inputs, claimed: inputs }
  },
}
