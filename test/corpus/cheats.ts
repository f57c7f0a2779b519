import { int8 } from '../../demo/cheats/int8-weights.ts'
import { swapTop } from '../../demo/cheats/swapped-label.ts'
import type { Random } from '../../demo/random.ts'
import { dtypes, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { float32, floats } from './inputs.ts'
import type { CorpusModel } from './models.ts'
import { int8PerChannel, pruned, roundedTo, toFp16, withActivations, withoutLayer, withWeights } from './precision.ts'

/** A way to post something else than what was asked for. It changes the model, the input or the honest output. */
export type Cheat = { readonly name: string } & (
  | { readonly model: (model: CorpusModel) => Uint8Array | undefined }
  | { readonly input: (inputs: NamedTensors, random: Random, model: CorpusModel) => NamedTensors | undefined }
  | { readonly output: (honest: NamedTensors, random: Random, model: CorpusModel) => NamedTensors | undefined }
)

const bf16 = roundedTo(8)
const tf32 = roundedTo(11)

/** Another model than the one that was asked for. */
const modelCheats: readonly Cheat[] = [
  { name: 'int8 weights', model: (model) => withWeights(model.file(), int8) },
  { name: 'int8 weights, a scale a channel', model: (model) => withWeights(model.file(), int8PerChannel) },
  { name: 'fp16 weights', model: (model) => withWeights(model.file(), toFp16) },
  { name: 'bf16 weights', model: (model) => withWeights(model.file(), bf16) },
  { name: 'TF32 weights', model: (model) => withWeights(model.file(), tf32) },
  { name: 'TF32', model: (model) => withActivations(withWeights(model.file(), tf32), 'tf32') },
  { name: 'fp16 products', model: (model) => withActivations(withWeights(model.file(), toFp16), 'fp16') },
  { name: 'bf16 products', model: (model) => withActivations(withWeights(model.file(), bf16), 'bf16') },
  { name: 'a tenth of the weights pruned', model: (model) => withWeights(model.file(), pruned) },
  { name: 'swapped model', model: (model) => model.swap() },
  ...[0.1, 0.5, 0.9].map((at) => ({
    name: `layer at ${100 * at} % left out`,
    model: (model: CorpusModel) => withoutLayer(model.file(), at),
  })),
]

/** Another input than the one that was asked for. */
const inputCheats: readonly Cheat[] = [
  { name: '5 % of the input zeroed', input: (inputs, random) => zeroed(inputs, 0.05, random.next()) },
  { name: 'second half of the input zeroed', input: (inputs) => zeroed(inputs, 0.5, 1) },
  { name: "another request's output", input: (_, random, model) => model.input(`other/${random.next()}`) },
  { name: 'the same output for everyone', input: (_, __, model) => model.input('frozen') },
  { name: 'input in 8 bits', input: (inputs) => onLargest(inputs, int8) },
  { name: 'forgotten state', input: (inputs, _, { state }) => withState(inputs, state, () => undefined) },
  {
    name: 'state of another stream',
    input: (inputs, random, { input, state }) => {
      const other = input(`stream/${random.next()}`)
      return withState(inputs, state, (name) => other.get(name))
    },
  },
]

/** Something else than what was computed. */
const outputCheats: readonly Cheat[] = [
  ...[2, 5, 20].map((times) => ({
    name: `noise of ${times} tolerances`,
    output: (honest: NamedTensors, random: Random, { tolerance }: CorpusModel) =>
      onEach(honest, (values) => noisy(values, times * tolerance, random)),
  })),
  {
    name: 'one element off by 3 tolerances',
    output: (honest, random, { tolerance }) =>
      onOne(honest, random, (values) => {
        const at = random.below(values.length)
        values[at] = (values[at] as number) + 3 * tolerance * scaleOf(values)
      }),
  },
  {
    name: 'sign of the largest element flipped',
    output: (honest, random) =>
      onOne(honest, random, (values) => {
        const at = largestOf(values)
        values[at] = -(values[at] as number)
      }),
  },
  {
    name: 'last bit of one element flipped',
    output: (honest, random) =>
      onOne(honest, random, (values) => {
        const words = new Uint32Array(values.buffer)
        const at = random.below(values.length)
        words[at] = (words[at] as number) ^ 1
      }),
  },
  { name: 'labels swapped', output: swapTop },
  { name: 'output in fp16', output: (honest) => onEach(honest, toFp16) },
  { name: 'output in bf16', output: (honest) => onEach(honest, bf16) },
  { name: 'shifted by one', output: (honest) => onEach(honest, (values) => rotated(values, 1)) },
  { name: 'reversed', output: (honest) => onEach(honest, (values) => values.slice().reverse()) },
  { name: 'all zeros', output: (honest) => onEach(honest, (values) => values.map(() => 0)) },
  ...[Number.NaN, Number.POSITIVE_INFINITY].map((planted) => ({
    name: `one ${planted}`,
    output: (honest: NamedTensors, random: Random) =>
      onOne(honest, random, (values) => {
        values[random.below(values.length)] = planted
      }),
  })),
  { name: 'as float64', output: (honest) => mapped(honest, asDouble) },
  { name: 'another shape', output: (honest) => mapped(honest, (tensor) => ({ ...tensor, dims: [1, ...tensor.dims] })) },
  { name: 'an output missing', output: (honest) => new Map([...honest].slice(1)) },
  { name: 'an output too many', output: (honest) => new Map([...honest, ['extra', float32([1], Float32Array.of(1))]]) },
  { name: 'an output renamed', output: (honest) => new Map([...honest].map(([name, tensor]) => [`${name} `, tensor])) },
]

/** Every kind of cheat. What one of them makes can be the honest output by luck: see `claims.ts`. */
export const cheats: readonly Cheat[] = [...modelCheats, ...inputCheats, ...outputCheats]

function mapped(tensors: NamedTensors, change: (tensor: Tensor) => Tensor): NamedTensors {
  return new Map([...tensors].map(([name, tensor]) => [name, change(tensor)]))
}

function onEach(tensors: NamedTensors, change: (values: Float32Array) => Float32Array): NamedTensors {
  return mapped(tensors, (tensor) => float32([...tensor.dims], change(floats(tensor))))
}

/** Changes one output, chosen at random. */
function onOne(
  tensors: NamedTensors,
  random: Random,
  change: (values: Float32Array<ArrayBuffer>) => void,
): NamedTensors {
  const [name, tensor] = [...tensors][random.below(tensors.size)] as [string, Tensor]
  const values = floats(tensor)
  change(values)
  return new Map([...tensors, [name, float32([...tensor.dims], values)]])
}

function largestInput(inputs: NamedTensors): [string, Tensor] {
  return [...inputs].reduce((a, b) => (b[1].data.length > a[1].data.length ? b : a))
}

function onLargest(inputs: NamedTensors, change: (values: Float32Array) => Float32Array): NamedTensors {
  const [name, tensor] = largestInput(inputs)
  return new Map([...inputs, [name, float32([...tensor.dims], change(floats(tensor)))]])
}

/** @param at 0…1: where in the input the part that is left out lies */
function zeroed(inputs: NamedTensors, share: number, at: number): NamedTensors {
  return onLargest(inputs, (values) => {
    const length = Math.ceil(share * values.length)
    const from = Math.floor(at * (values.length - length))
    return values.fill(0, from, from + length)
  })
}

/** @param other undefined: as if nothing had been heard before */
function withState(
  inputs: NamedTensors,
  state: readonly string[],
  other: (name: string) => Tensor | undefined,
): NamedTensors | undefined {
  if (state.length === 0) return undefined
  return new Map(
    [...inputs].map(([name, tensor]) => {
      if (!state.includes(name)) return [name, tensor]
      return [name, other(name) ?? { ...tensor, data: new Uint8Array(tensor.data.length) }]
    }),
  )
}

function scaleOf(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
}

function noisy(values: Float32Array, by: number, random: Random): Float32Array {
  const scale = scaleOf(values) * by
  const largest = random.below(values.length)
  return values.map((value, i) => {
    const size = i === largest ? 1 : random.next()
    // Towards the middle of 0…1, so that what was a probability stays one.
    return value + scale * size * (value > 0.5 ? -1 : 1)
  })
}

function largestOf(values: Float32Array): number {
  return values.reduce((at, value, i) => (Math.abs(value) > Math.abs(values[at] as number) ? i : at), 0)
}

function rotated(values: Float32Array, by: number): Float32Array {
  return values.map((_, i) => values[(i + by) % values.length] as number)
}

function asDouble(tensor: Tensor): Tensor {
  const data = new Uint8Array(Float64Array.from(floats(tensor)).buffer)
  if (data.length !== tensor.data.length * (dtypes.float64.bytes / dtypes.float32.bytes)) throw new Error('not float32')
  return { ...tensor, dtype: 'float64', data }
}
