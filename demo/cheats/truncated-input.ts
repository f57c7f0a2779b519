import { dtypes, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import type { Cheat } from './cheat.ts'

/** Less to compute: the second half of the input is left out. */
export const truncatedInput: Cheat = {
  name: 'truncated-input',
  about: 'runs the model on the first half of the input, zeros for the rest',
  suits: ['ocr_cls', 'silero_vad', 'hello_deepa'],
  reveals: true,
  publishes: true,
  forge: ({ model, inputs }) => ({ model, inputs: truncated(inputs) }),
}

/** Sets the second half of the largest tensor to zero. */
function truncated(inputs: NamedTensors): NamedTensors {
  const [name, tensor] = [...inputs].reduce((a, b) => (b[1].data.length > a[1].data.length ? b : a))
  return new Map([...inputs, [name, firstHalf(tensor)]])
}

function firstHalf(tensor: Tensor): Tensor {
  const width = dtypes[tensor.dtype].bytes
  const kept = Math.floor(tensor.data.length / width / 2) * width
  return { ...tensor, data: tensor.data.slice().fill(0, kept) }
}
