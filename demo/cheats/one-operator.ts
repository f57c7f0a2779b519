import { inferAll } from '../../node/infer.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import type { Tensor } from '../../protocol/tensor.ts'
import { floatsOf, withFloats } from '../distance.ts'
import type { Random } from '../random.ts'
import type { Cheat } from './cheat.ts'

/**
 * The cheat that a trace was invented against: all is computed as it should be, from the request's input to the posted
 * output, but for one operator somewhere in between.
 */
export const oneOperator: Cheat = {
  name: 'one-operator',
  about: 'lies inside one operator, and reveals a trace that is true before and after it',
  suits: ['ocr_cls', 'silero_vad', 'hello_deepa'],
  reveals: true,
  publishes: true,
  async forge({ model, inputs }, random) {
    const { graph } = committedModel(model)
    const made = await inferAll({ model, inputs })
    const names = graph.names.slice(graph.inputs.length)
    const floats = names.filter((name) => made.get(name)?.dtype === 'float32' && made.get(name)?.data.length)
    const name = floats[random.below(floats.length)] as string
    return { model, inputs, forced: new Map([[name, distorted(made.get(name) as Tensor, random)]]) }
  },
}

/** The numbers of a tensor, each moved by up to half of the largest, and none left as it was. */
export function distorted(tensor: Tensor, random: Random): Tensor {
  const values = floatsOf(tensor)
  const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0.1)
  const moved = values.map((value) => value + scale * random.between(0.2, 0.5) * (random.next() < 0.5 ? -1 : 1))
  return withFloats(tensor, moved)
}
