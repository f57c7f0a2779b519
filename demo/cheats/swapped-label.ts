import type { NamedTensors } from '../../protocol/tensor.ts'
import { floatsOf, withFloats } from '../distance.ts'
import type { Cheat } from './cheat.ts'

/** The lie that pays most: another label comes out on top. */
export const swappedLabel: Cheat = {
  name: 'swapped-label',
  about: 'runs the model, then exchanges the two likeliest labels',
  suits: ['ocr_cls', 'silero_vad', 'hello_deepa'],
  reveals: true,
  publishes: true,
  forge: ({ model, inputs }) => ({ model, inputs, alter: swapTop }),
}

/** Exchanges the two largest numbers of the smallest output; of a single probability, yes and no. */
export function swapTop(outputs: NamedTensors): NamedTensors {
  const [name, tensor] = [...outputs].reduce((a, b) => (b[1].data.length < a[1].data.length ? b : a))
  const values = floatsOf(tensor)
  const order = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number))
  const [first, second] = order
  if (first === undefined) return outputs
  const top = values[first] as number
  if (second === undefined) values[first] = 1 - top
  else {
    values[first] = values[second] as number
    values[second] = top
  }
  return new Map([...outputs, [name, withFloats(tensor, values)]])
}
