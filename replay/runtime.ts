import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { type DType, dtypes, elementCount, type NamedTensors, type Tensor } from '../protocol/tensor.ts'
import { quote } from './quote.ts'

/** `native`: onnxruntime-node. `wasm`: onnxruntime-web, the canonical runtime of the `exact` class. */
export type RuntimeKind = 'native' | 'wasm'

/** Thrown when inputs do not fit the model, or it gives something other than tensors of numbers. */
export class RuntimeInputError extends Error {
  override name = 'RuntimeInputError'
}

/** A model that is loaded and can run any number of times. Not for two runs at once. */
export interface Session {
  /** Name and version, e.g. `onnxruntime-node 1.30.0`. */
  readonly runtime: string
  /** @throws RuntimeInputError naming the input or output that does not fit; whatever the runtime itself throws */
  run(inputs: NamedTensors, outputs?: string[]): Promise<NamedTensors>
  /** Frees the model's memory. */
  release(): Promise<void>
}

/** sha256 of the `.wasm` file of onnxruntime-web 1.30.0: "equal bits" means equal to what this file computes. */
const WASM_SHA256 = '3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2'

/**
 * One thread and no optimisation: thread count and optimisation level change the order of sums, hence the bits. With
 * optimisation disabled, native runs agree between AVX2 and AVX-512 but for a few Softmaxes, and WASM runs everywhere.
 */
const sessionOptions = {
  graphOptimizationLevel: 'disabled',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 4,
} as const satisfies InferenceSession.SessionOptions

type Ort = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor' | 'env'>
const loaded: { [Kind in RuntimeKind]?: Promise<Ort> } = {}

/**
 * Loads a model in this process. The native runtime can hang or kill the process on a hostile model, so models of
 * strangers are loaded only in the pool's children.
 *
 * @param model a serialized ONNX model. From memory, never by path: by path, the runtime reads external data beside it
 * @throws whatever the runtime throws
 */
export async function openSession(model: Uint8Array, kind: RuntimeKind): Promise<Session> {
  const ort = await loadOrt(kind)
  const session = await ort.InferenceSession.create(model, {
    ...sessionOptions,
    executionProviders: [kind === 'native' ? 'cpu' : 'wasm'],
  })
  const versions = ort.env.versions
  return {
    runtime:
      kind === 'native' ? `onnxruntime-node ${versions.node ?? '?'}` : `onnxruntime-web ${versions.web ?? '?'} (wasm)`,
    async run(inputs, outputs) {
      checkInputs(session, inputs)
      const feeds: Record<string, OrtTensor> = Object.create(null)
      for (const [name, tensor] of inputs) feeds[name] = new ort.Tensor(tensor.dtype, elementsFor(tensor), tensor.dims)
      const wanted = outputs ?? session.outputNames
      for (const name of wanted)
        if (!session.outputNames.includes(name))
          throw new RuntimeInputError(`the model has no output named ${quote(name, 80)}`)
      const results = await session.run(feeds, [...wanted])
      const tensors = new Map<string, Tensor>()
      for (const name of wanted) tensors.set(name, tensorFrom(name, results[name]))
      for (const result of Object.values(results)) result.dispose()
      return tensors
    },
    release: () => session.release(),
  }
}

/**
 * Runs one model once, in this process.
 *
 * @param parameters.model a serialized ONNX model
 * @param parameters.inputs every input of the model by name, with its exact dtype
 * @param parameters.outputs names of the outputs to return; all when absent
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
}): Promise<{ outputs: NamedTensors; runtime: string }> {
  const session = await openSession(parameters.model, parameters.runtime)
  try {
    return { outputs: await session.run(parameters.inputs, parameters.outputs), runtime: session.runtime }
  } finally {
    await session.release()
  }
}

function loadOrt(kind: RuntimeKind): Promise<Ort> {
  loaded[kind] ??= kind === 'native' ? loadNative() : loadWasm()
  return loaded[kind]
}

/** By `require`: the package is CommonJS, and its names are lost on loaders that cannot see through its re-exports. */
async function loadNative(): Promise<Ort> {
  return createRequire(import.meta.url)('onnxruntime-node')
}

async function loadWasm(): Promise<Ort> {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-web')
  const binary = await readFile(join(dirname(entry), 'ort-wasm-simd-threaded.wasm'))
  const hash = createHash('sha256').update(binary).digest('hex')
  if (hash !== WASM_SHA256)
    throw new Error(`onnxruntime-web holds another .wasm file (sha256 ${hash}) than the pinned one: run npm ci`)
  const ort = await import('onnxruntime-web')
  ort.env.wasm.wasmBinary = binary
  ort.env.wasm.numThreads = 1
  ort.env.wasm.proxy = false
  return ort
}

/** The runtime checks most of this itself, but names neither the input nor the cause in words for people. */
function checkInputs(session: InferenceSession, inputs: NamedTensors): void {
  for (const name of session.inputNames)
    if (!inputs.has(name)) throw new RuntimeInputError(`the input ${quote(name, 80)} is missing`)
  for (const [name, { dtype, dims, data }] of inputs) {
    const quoted = quote(name, 80)
    const given = `${dtype}[${dims.join(',')}]`
    const declared = session.inputMetadata.find((metadata) => metadata.name === name)
    if (!declared) throw new RuntimeInputError(`the model has no input named ${quoted}`)
    if (!declared.isTensor) throw new RuntimeInputError(`the input ${quoted} is not a tensor`)
    const { type, shape } = declared
    if (type !== dtype) throw new RuntimeInputError(`the input ${quoted} is ${given}, but the model takes ${type}`)
    // Dimensions that are not fixed are names or -1. An empty shape means a scalar or that none is declared.
    const fits = shape.every((dim, axis) => typeof dim !== 'number' || dim < 0 || dim === dims[axis])
    if (shape.length > 0 && (shape.length !== dims.length || !fits))
      throw new RuntimeInputError(`the input ${quoted} is ${given}, but the model takes ${type}[${shape.join(',')}]`)
    if (data.length !== elementCount(dims) * dtypes[dtype].bytes)
      throw new RuntimeInputError(`the input ${quoted} has ${data.length} bytes, which do not fill ${given}`)
    // In C++ a bool that is neither 0 nor 1 is undefined behaviour.
    if (dtype === 'bool' && data.some((byte) => byte > 1))
      throw new RuntimeInputError(`the input ${quoted} holds a boolean other than 0 and 1`)
  }
}

/** A fresh, aligned copy of a tensor's bytes as the typed array ONNX Runtime wants. Little-endian hosts only. */
// biome-ignore lint/suspicious/noExplicitAny: the constructor's overloads pair each dtype with its own array type
function elementsFor({ dtype, data }: Tensor): any {
  const bytes = data.slice()
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer)
    case 'float64':
      return new Float64Array(bytes.buffer)
    case 'float16':
    case 'uint16':
      return new Uint16Array(bytes.buffer)
    case 'int16':
      return new Int16Array(bytes.buffer)
    case 'int32':
      return new Int32Array(bytes.buffer)
    case 'uint32':
      return new Uint32Array(bytes.buffer)
    case 'int64':
      return new BigInt64Array(bytes.buffer)
    case 'uint64':
      return new BigUint64Array(bytes.buffer)
    case 'int8':
      return new Int8Array(bytes.buffer)
    case 'uint8':
    case 'bool':
      return bytes
  }
}

function tensorFrom(name: string, result: OrtTensor | undefined): Tensor {
  if (!result) throw new RuntimeInputError(`the model did not give its output ${quote(name, 80)}`)
  if (!(result.type in dtypes))
    throw new RuntimeInputError(`the output ${quote(name, 80)} is a ${quote(result.type, 20)} tensor, not numbers`)
  const data = result.data as Exclude<OrtTensor['data'], string[]>
  // Copied: the memory may be the runtime's own and go away with the session.
  return {
    dtype: result.type as DType,
    dims: [...result.dims],
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  }
}
