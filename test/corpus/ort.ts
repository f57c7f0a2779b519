import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { DType, NamedTensors, Tensor } from '../../protocol/tensor.ts'

/** What all runtimes and versions have in common. Apart from `replay/`, so that the two can disagree. */
export interface Ort {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>
  }
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => OrtTensor
}

/** A model that is loaded in some runtime. */
export interface Opened {
  run(inputs: NamedTensors): Promise<NamedTensors>
  release(): Promise<void>
}

/** Loads a model, a trusted one: nothing limits what it does. */
export async function open(ort: Ort, model: Uint8Array, options: InferenceSession.SessionOptions): Promise<Opened> {
  const session = await ort.InferenceSession.create(model, { interOpNumThreads: 1, logSeverityLevel: 4, ...options })
  return {
    async run(inputs) {
      const feeds: Record<string, OrtTensor> = {}
      for (const [name, tensor] of inputs)
        feeds[name] = new ort.Tensor(tensor.dtype as never, elements(tensor) as never, tensor.dims)
      const made = await session.run(feeds)
      return new Map(Object.entries(made).map(([name, tensor]) => [name, tensorOf(tensor)]))
    },
    release: async () => session.release(),
  }
}

function elements({ dtype, data }: Tensor): ArrayBufferView {
  const { buffer } = data.slice()
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer)
    case 'int32':
      return new Int32Array(buffer)
    case 'int64':
      return new BigInt64Array(buffer)
    case 'bool':
      return new Uint8Array(buffer)
    default:
      throw new Error(`no model of the corpus takes ${dtype}`)
  }
}

function tensorOf({ type, dims, data }: OrtTensor): Tensor {
  const { buffer, byteOffset, byteLength } = data as Float32Array
  return { dtype: type as DType, dims: [...dims], data: new Uint8Array(buffer, byteOffset, byteLength).slice() }
}
