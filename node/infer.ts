import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { cutModel } from '../protocol/cut.ts'
import { withOutputs } from '../protocol/onnx.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import type { NamedTensors, Tensor } from '../protocol/tensor.ts'
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
 * Runs a model and keeps the output tensors of every operator of its graph, branches inlined.
 *
 * @param forced tensors that take the place of what their operators make: the rest is computed from them. An honest node
 * has none
 * @throws OnnxFormatError when the bytes are not a model
 * @throws RuntimeInputError when the inputs do not fit or a tensor is not one of numbers; whatever the runtime throws
 */
export async function inferAll(
  { model, inputs }: InferParameters,
  forced: NamedTensors = new Map(),
): Promise<NamedTensors> {
  const { flat, graph } = committedModel(model)
  const names = graph.names.slice(graph.inputs.length)
  if (forced.size === 0) {
    const exposed = withOutputs(flat, names)
    const { outputs } = await runModel({ model: exposed, inputs, outputs: names, runtime: 'native' })
    return outputs
  }
  const parsed = fromBinary(ModelProtoSchema, flat)
  const { model: cut, made } = cutModel(
    parsed,
    (name) => forced.get(name)?.dtype,
    (name) => forced.has(name),
  )
  const { outputs } = await runModel({
    model: toBinary(ModelProtoSchema, cut),
    inputs: new Map([...inputs, ...forced]),
    outputs: names.map((name) => made.get(name) as string),
    runtime: 'native',
  })
  return new Map(names.map((name) => [name, forced.get(name) ?? (outputs.get(made.get(name) as string) as Tensor)]))
}
