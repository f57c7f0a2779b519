import type { InferenceEvent, ModelInput, ModelOutput, NumberTensor } from '../../networks/opengradient/types.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { runModel } from '../../replay/runtime/runtime.ts'
import { inputOfFloat32, inputOfInteger, outputOfFloat, outputOfInteger } from './sdk-numbers.ts'

/** Ways to spoil an honest event, and what becomes of it. */
export const tamperings = {
  /** one element of the first output moved by a tenth of its scale */
  moved: 'invalid',
  /** the output of another request */
  other: 'invalid',
  /** noise as of eight-bit weights, on every element */
  noise: 'invalid',
  /** the right elements in another shape */
  reshaped: 'invalid',
  /** the first output left out */
  missing: 'invalid',
  /** an output that the model has not */
  extra: 'invalid',
  /** a shape that the elements do not fill */
  unfilled: 'undetermined',
  /** a number of 10^9 decimals */
  absurd: 'undetermined',
  /** an input left out */
  starved: 'undetermined',
} as const
export type Tampering = keyof typeof tamperings

/** An event as an honest node emits it: the model run by ONNX Runtime, numbers written by the SDK's rules. */
export async function honestEvent(
  model: Uint8Array,
  modelCID: string,
  inputs: NamedTensors,
  inferenceID: string,
): Promise<InferenceEvent> {
  const { outputs } = await runModel({ model, inputs, runtime: 'native' })
  return {
    inferenceID,
    request: { mode: 0, modelCID, input: { numbers: written(inputs, inputOfFloat32, inputOfInteger), strings: [] } },
    response: {
      numbers: written(outputs, outputOfFloat, outputOfInteger),
      strings: [],
      jsons: [],
      is_simulation_result: false,
    },
  }
}

/** The same event with a lie in it. `other` needs the event of another request. */
export function tampered(event: InferenceEvent, how: Tampering, other: InferenceEvent): InferenceEvent {
  const { numbers } = event.response
  const [first] = numbers as [NumberTensor]
  const withFirst = (tensor: NumberTensor) => respond(event, { numbers: [tensor, ...numbers.slice(1)] })
  switch (how) {
    case 'moved':
      return withFirst({ ...first, values: first.values.map((it, i) => (i === 0 ? shifted(it, 0.1) : it)) })
    case 'noise':
      return withFirst({ ...first, values: first.values.map((it, i) => shifted(it, i % 2 ? 0.004 : -0.004)) })
    case 'other':
      return respond(event, other.response)
    case 'reshaped':
      return withFirst({ ...first, shape: [...first.shape, 1] })
    case 'unfilled':
      return withFirst({ ...first, shape: [...first.shape, 2] })
    case 'missing':
      return respond(event, { numbers: numbers.slice(1) })
    case 'extra':
      return respond(event, { jsons: [{ name: 'more', value: '{"a":1}' }] })
    case 'absurd':
      return withFirst({ ...first, values: first.values.map((it) => ({ ...it, decimals: 10n ** 9n })) })
    case 'starved': {
      const input: ModelInput = { numbers: event.request.input.numbers.slice(1), strings: [] }
      return { ...event, request: { ...event.request, input } }
    }
  }
}

function respond(event: InferenceEvent, change: Partial<ModelOutput>): InferenceEvent {
  return { ...event, response: { ...event.response, ...change } }
}

function shifted({ value, decimals }: NumberTensor['values'][number], by: number) {
  return outputOfFloat(Math.fround(Number(`${value}e-${decimals}`) + by))
}

type Written = { value: bigint; decimals: bigint }

function written(tensors: NamedTensors, real: (x: number) => Written, whole: (x: bigint) => Written): NumberTensor[] {
  return [...tensors].map(([name, tensor]) => ({
    name,
    shape: [...tensor.dims],
    values: elements(tensor, real, whole),
  }))
}

function elements({ dtype, data }: Tensor, real: (x: number) => Written, whole: (x: bigint) => Written): Written[] {
  const { buffer } = data.slice()
  if (dtype === 'float32') return Array.from(new Float32Array(buffer), real)
  if (dtype === 'int64') return Array.from(new BigInt64Array(buffer), whole)
  throw new Error(`no model of these tests has ${dtype}`)
}
