import { parseOnnx, traceNames, withOutputs } from '../protocol/onnx.ts'
import type { NamedTensors, Tensor } from '../protocol/tensor.ts'
import type { Trace } from '../protocol/trace.ts'
import { openSession, runModel, type Session } from '../replay/runtime/runtime.ts'

/** A model and what it is fed. */
export interface InferParameters {
  /** the ONNX file; as long as the same array is held, its session stays loaded */
  readonly model: Uint8Array
  readonly inputs: NamedTensors
}

interface Loaded {
  readonly session: Session
  last: Promise<unknown>
}

// By identity, so that a session lives exactly as long as somebody holds the model's bytes.
const loaded = new WeakMap<Uint8Array, Promise<Loaded>>()

/**
 * Runs a model in this process, with the runtime's optimisation disabled: only then does a run that exposes
 * intermediates give the same bits as one that does not, and a node must be able to reveal a trace that ends in exactly
 * what it posted.
 *
 * A hostile model can take this process down. The watcher's replay is sandboxed, this is not.
 *
 * @throws RuntimeInputError when the inputs do not fit the model; whatever the runtime throws otherwise
 */
export async function infer({ model, inputs }: InferParameters): Promise<NamedTensors> {
  let opening = loaded.get(model)
  if (!opening) {
    opening = openSession(model, 'native').then((session) => ({ session, last: Promise.resolve() }))
    loaded.set(model, opening)
    opening.catch(() => loaded.delete(model))
  }
  const entry = await opening
  const run = entry.last.then(() => entry.session.run(inputs))
  entry.last = run.catch(() => {})
  return run
}

/**
 * Runs a model and keeps the output tensors of every operator of its main graph, in topological order. Operators inside
 * a subgraph (`If`, `Loop`, `Scan`) are part of the operator that holds them.
 *
 * @throws OnnxFormatError when the bytes are not a model
 * @throws RuntimeInputError when the inputs do not fit or a tensor is not one of numbers; whatever the runtime throws
 */
export async function inferTrace({ model, inputs }: InferParameters): Promise<Trace> {
  const names = traceNames(parseOnnx(model))
  const { outputs } = await runModel({
    model: withOutputs(model, names),
    inputs,
    outputs: names,
    runtime: 'native',
  })
  return names.map((name) => ({ name, tensor: outputs.get(name) as Tensor }))
}
