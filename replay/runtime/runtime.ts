import type { InferenceSession } from 'onnxruntime-node'
import type { ModelSignature } from '../../protocol/signature.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { quote } from '../quote.ts'
import { signatureOf } from './describe.ts'
import { type DeclaredInputs, feedsFor, RuntimeInputError, tensorFrom } from './feeds.ts'
import { loadOrt, type RuntimeKind } from './ort.ts'

export type { RuntimeKind } from './ort.ts'
export { RuntimeInputError }

/**
 * How a runtime is set up. `canonical`: one thread, optimisation disabled. The others are as honest, and differ in the
 * last bits: they measure how far honest machines lie apart (the envelope).
 */
export type Variant = 'canonical' | 'basic' | 'all' | 'noPrepacking'

/** A model that is loaded and can run any number of times. Not for two runs at once. */
export interface Session {
  /** Name, version and variant, e.g. `onnxruntime-node 1.30.0`. */
  readonly runtime: string
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  readonly signature: ModelSignature
  /**
   * @param outputs which outputs to return, all by default
   * @throws RuntimeInputError naming the input or output that does not fit; whatever the runtime itself throws
   */
  run(inputs: NamedTensors, outputs?: readonly string[]): Promise<NamedTensors>
  /** Frees the model's memory. */
  release(): Promise<void>
}

/**
 * One thread and no optimisation: thread count and optimisation level change the order of sums, hence the bits. With
 * optimisation disabled, native runs agree between AVX2 and AVX-512 but for a few Softmaxes, and WASM runs everywhere.
 */
const canonical = {
  graphOptimizationLevel: 'disabled',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 4,
} as const satisfies InferenceSession.SessionOptions

const variants: Record<Variant, { options: InferenceSession.SessionOptions; suffix: string }> = {
  canonical: { options: {}, suffix: '' },
  basic: { options: { graphOptimizationLevel: 'basic' }, suffix: ', optimisation basic' },
  all: { options: { graphOptimizationLevel: 'all' }, suffix: ', optimisation all' },
  noPrepacking: { options: { extra: { session: { disable_prepacking: '1' } } }, suffix: ', no prepacking' },
}

/**
 * Loads a model in this process. The native runtime can hang or kill the process on a hostile model, so models of
 * strangers are loaded only in the pool's children.
 *
 * @param model a serialized ONNX model. From memory, never by path: by path, the runtime reads external data beside it
 * @throws whatever the runtime throws
 */
export async function openSession(
  model: Uint8Array,
  kind: RuntimeKind,
  variant: Variant = 'canonical',
): Promise<Session> {
  const ort = await loadOrt(kind)
  const session = await ort.InferenceSession.create(model, {
    ...canonical,
    ...variants[variant].options,
    executionProviders: [kind === 'native' ? 'cpu' : 'wasm'],
  })
  const declared: DeclaredInputs = new Map(session.inputMetadata.map((metadata) => [metadata.name, metadata]))
  const outputNames = [...session.outputNames]
  return {
    runtime: (await runtimeName(kind)) + variants[variant].suffix,
    inputNames: [...declared.keys()],
    outputNames,
    signature: signatureOf(session),
    async run(inputs, wanted = outputNames) {
      const feeds = feedsFor(inputs, declared, ort)
      if (wanted !== outputNames)
        for (const output of wanted)
          if (!outputNames.includes(output))
            throw new RuntimeInputError(`the model has no output named ${quote(output, 80)}`)
      const results = await session.run(feeds, wanted as string[])
      const tensors = new Map<string, Tensor>()
      for (const output of wanted) tensors.set(output, tensorFrom(output, results[output]))
      return tensors
    },
    release: () => session.release(),
  }
}

/** Name and version of a runtime, e.g. `onnxruntime-node 1.30.0`. */
export async function runtimeName(kind: RuntimeKind): Promise<string> {
  const { node, web } = (await loadOrt(kind)).env.versions
  return kind === 'native' ? `onnxruntime-node ${node ?? '?'}` : `onnxruntime-web ${web ?? '?'} (wasm)`
}

/**
 * Runs one model once, in this process.
 *
 * @param parameters.model a serialized ONNX model
 * @param parameters.inputs every input of the model by name, with its exact dtype
 * @param parameters.outputs names of the outputs to return; all when absent
 * @param parameters.variant how the runtime is set up; `canonical` when absent
 * @throws RuntimeInputError when the inputs do not fit; whatever the runtime throws otherwise
 *
 * @example
 * const { outputs } = await runModel({ model: await readFile('model.onnx'), inputs, runtime: 'native' })
 */
export async function runModel(parameters: {
  model: Uint8Array
  inputs: NamedTensors
  runtime: RuntimeKind
  outputs?: string[]
  variant?: Variant
}): Promise<{ outputs: NamedTensors; runtime: string }> {
  const session = await openSession(parameters.model, parameters.runtime, parameters.variant)
  try {
    return { outputs: await session.run(parameters.inputs, parameters.outputs), runtime: session.runtime }
  } finally {
    await session.release()
  }
}
