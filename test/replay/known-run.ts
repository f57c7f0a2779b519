import { inferAll } from '../../node/infer.ts'
import { commitTrace, EXTRA, wholeTrace } from '../../protocol/proof/commit-trace.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { encodeTensors, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import type { Trace } from '../../protocol/trace.ts'
import { graph, modelOf, operator, weights } from '../protocol/tiny-onnx.ts'
import { float32 } from './models.ts'

/** y = Relu(x·W) + b, with x·W as another output: one operator of each kind, and outputs that are not in their order. */
export const file = modelOf(
  graph({
    nodes: [
      operator('MatMul', ['x', 'W'], ['product']),
      operator('Relu', ['product'], ['positive']),
      operator('Add', ['positive', 'b'], ['y']),
    ],
    inputs: ['x'],
    outputs: ['y', 'product'],
    initializers: [
      weights(
        'W',
        [3, 4],
        Array.from({ length: 12 }, (_, i) => Math.cos(i)),
      ),
      weights('b', [4], [1, -2, 3, 0.5]),
    ],
  }),
)

export const committed = committedModel(file).graph

/** An honest run of it. */
export interface Run {
  readonly inputs: NamedTensors
  /** what its operators made */
  readonly made: NamedTensors
  readonly trace: Trace
}

export async function honestRun(): Promise<Run> {
  const inputs: NamedTensors = new Map([['x', float32([2, 3])]])
  const made = await inferAll({ model: file, inputs })
  return { inputs, made, trace: wholeTrace(committed, inputs, made) }
}

/** What of a run goes on chain. */
export function endsOf({ inputs, made }: Pick<Run, 'inputs' | 'made'>) {
  const outputs = new Map(committed.outputs.map(({ name }) => [name, made.get(name) as Tensor]))
  return { input: encodeTensors(inputs), output: encodeTensors(outputs) }
}

/** The trace with other tensors in these places. */
export function replaced(trace: Trace, others: Readonly<Record<string, Tensor>>): Trace {
  for (const name of Object.keys(others))
    if (!trace.some((entry) => entry.name === name)) throw new Error(`no ${JSON.stringify(name)} in the trace`)
  return trace.map(({ name, tensor }) => ({ name, tensor: others[name] ?? tensor }))
}

/** What ties the trace to the chain, of another run. */
export function extraOf(trace: Trace, names: readonly (typeof EXTRA)[number][] = EXTRA): Record<string, Tensor> {
  return Object.fromEntries(
    trace.filter(({ name }) => (names as readonly string[]).includes(name)).map(({ name, tensor }) => [name, tensor]),
  )
}

export const tensorOf = (trace: Trace, name: string): Tensor =>
  trace.find((entry) => entry.name === name)?.tensor as Tensor

/** The tensor with a bit of a byte flipped; a float32's largest mantissa bit if not said which. */
export function flipped(tensor: Tensor, at = 2, bit = 0x40): Tensor {
  const data = new Uint8Array(tensor.data)
  data[at] = (data[at] as number) ^ bit
  return { ...tensor, data }
}

export const rootOf = (trace: Trace): `0x${string}` => commitTrace(committed, trace).root
