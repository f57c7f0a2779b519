import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { cutModel } from '../../protocol/cut.ts'
import { inlineModel } from '../../protocol/inline.ts'
import { appendOutputs } from '../../protocol/onnx.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import type { Form } from '../../verdict/form.ts'
import { outputForms } from '../../verdict/forms.ts'
import { checkModel } from '../check/check.ts'
import type { JobVariant } from '../pool/job.ts'
import { signatureTensors } from './describe.ts'
import { openSession, type RuntimeKind, runtimeName, type Session, type Variant } from './runtime.ts'

/** Thrown when the runtime refuses to open a model; `cause` is what it threw. */
export class RefusedModel extends Error {
  override name = 'RefusedModel'
}

/** A model that is ready to run, with what its graph says of its outputs. */
export interface OpenModel {
  readonly runtime: string
  readonly forms: [output: string, form: Form][]
  /** @throws RefusedModel, and whatever {@link Session.run} throws */
  run(inputs: NamedTensors): Promise<{ outputs: NamedTensors; scores: NamedTensors }>
  /** Frees its memory. */
  release(): Promise<void>
}

/**
 * Checks a model and opens it.
 *
 * @throws UnsupportedModel; RefusedModel when the runtime does not take it
 */
export async function openModel(bytes: Uint8Array, runtime: RuntimeKind, variant: JobVariant): Promise<OpenModel> {
  const parsed = checkModel(bytes)
  if (variant === 'signature') return openToDescribe(bytes, runtime)
  return variant === 'cut'
    ? openCut(fromBinary(ModelProtoSchema, inlineModel(bytes)), runtime)
    : openWhole(parsed, bytes, runtime, variant)
}

/** A model as it is, but with the scores behind its labels as further outputs: to judge a label takes its margin. */
async function openWhole(
  parsed: ModelProto,
  bytes: Uint8Array,
  runtime: RuntimeKind,
  variant: Variant,
): Promise<OpenModel> {
  const { forms, scores } = outputForms(parsed)
  const outputs = new Map((parsed.graph?.output ?? []).map(({ name }) => [name, name]))
  const added = [...new Set(scores.values())].filter((name) => !outputs.has(name))
  const session = await open(appendOutputs(bytes, added), runtime, variant)
  return {
    runtime: session.runtime,
    forms: [...forms],
    async run(inputs) {
      const results = await session.run(inputs)
      if (scores.size === 0) return { outputs: results, scores: new Map() }
      return { outputs: pick(results, outputs), scores: pick(results, scores) }
    },
    release: () => session.release(),
  }
}

/** The file as it is, without outputs of ours; closed again at once. */
async function openToDescribe(bytes: Uint8Array, runtime: RuntimeKind): Promise<OpenModel> {
  const session = await open(bytes, runtime, 'canonical')
  const outputs = signatureTensors(session.signature)
  await session.release()
  return {
    runtime: session.runtime,
    forms: [],
    run: async () => ({ outputs, scores: new Map() }),
    release: async () => {},
  }
}

/** Nothing is kept open between runs: what the session takes depends on the element types of each run's tensors. */
async function openCut(parsed: ModelProto, runtime: RuntimeKind): Promise<OpenModel> {
  return {
    runtime: `${await runtimeName(runtime)}, each operator apart`,
    forms: [],
    async run(inputs) {
      const { model, made } = cutModel(parsed, (name) => inputs.get(name)?.dtype)
      const session = await open(toBinary(ModelProtoSchema, model), runtime, 'canonical')
      try {
        // Whoever gives all tensors gives constants and weights too, which stay as the model has them.
        const taken = new Set(session.inputNames)
        const results = await session.run(new Map([...inputs].filter(([name]) => taken.has(name))))
        return { outputs: pick(results, made), scores: new Map() }
      } finally {
        await session.release()
      }
    },
    release: async () => {},
  }
}

async function open(bytes: Uint8Array, runtime: RuntimeKind, variant: Variant): Promise<Session> {
  try {
    return await openSession(bytes, runtime, variant)
  } catch (cause) {
    throw new RefusedModel('the runtime does not take the model', { cause })
  }
}

/** Tensors out of others, by new names. */
function pick(from: NamedTensors, names: Iterable<readonly [name: string, tensor: string]>): NamedTensors {
  const picked = new Map<string, Tensor>()
  for (const [name, tensor] of names) {
    const found = from.get(tensor)
    if (found) picked.set(name, found)
  }
  return picked
}
