import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { type DType, dtypes, elementCount, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { quote } from '../quote.ts'
import type { Ort } from './ort.ts'

const UNKNOWN = 2 ** 32 - 1

/** Thrown when inputs do not fit the model, or it gives something other than tensors of numbers. */
export class RuntimeInputError extends Error {
  override name = 'RuntimeInputError'
}

/** What a model declares of its inputs, by name: looked up for every run, so it is put in order once. */
export type DeclaredInputs = ReadonlyMap<string, InferenceSession.ValueMetadata>

/**
 * The inputs as the runtime takes them. Tensors share the inputs' memory where that is aligned.
 *
 * The runtime checks most of this itself, but names neither the input nor the cause in words for people.
 *
 * @throws RuntimeInputError naming the input that does not fit
 */
export function feedsFor(inputs: NamedTensors, declared: DeclaredInputs, ort: Ort): Record<string, OrtTensor> {
  for (const name of declared.keys())
    if (!inputs.has(name)) throw new RuntimeInputError(`the input ${quote(name, 80)} is missing`)
  const feeds: Record<string, OrtTensor> = Object.create(null)
  for (const [name, tensor] of inputs) {
    const metadata = declared.get(name)
    if (!metadata) throw new RuntimeInputError(`the model has no input named ${quote(name, 80)}`)
    checkInput(name, tensor, metadata)
    feeds[name] = new ort.Tensor(tensor.dtype, elementsOf(tensor), tensor.dims)
  }
  return feeds
}

function checkInput(name: string, { dtype, dims, data }: Tensor, declared: InferenceSession.ValueMetadata): void {
  if (!declared.isTensor) throw new RuntimeInputError(`the input ${quote(name, 80)} is not a tensor`)
  const { type, shape } = declared
  if (type !== dtype || !fits(dims, shape)) {
    const wanted =
      type !== dtype
        ? type
        : `${type}[${shape.map((dim) => (typeof dim === 'number' ? dim : quote(dim, 20))).join(',')}]`
    throw new RuntimeInputError(
      `the input ${quote(name, 80)} is ${dtype}[${dims.join(',')}], but the model takes ${wanted}`,
    )
  }
  if (data.length !== elementCount(dims) * dtypes[dtype].bytes)
    throw new RuntimeInputError(
      `the input ${quote(name, 80)} has ${data.length} bytes, which do not fill ${dtype}[${dims.join(',')}]`,
    )
  // In C++ a bool that is neither 0 nor 1 is undefined behaviour.
  if (dtype === 'bool' && data.some((byte) => byte > 1))
    throw new RuntimeInputError(`the input ${quote(name, 80)} holds a boolean other than 0 and 1`)
}

/**
 * Dimensions that are not fixed are names or -1, which onnxruntime-web gives as 2³² − 1. An empty shape means a scalar or
 * that none is declared.
 */
function fits(dims: readonly number[], shape: readonly (number | string)[]): boolean {
  if (shape.length === 0) return true
  return (
    shape.length === dims.length &&
    shape.every((dim, axis) => typeof dim !== 'number' || dim < 0 || dim === UNKNOWN || dim === dims[axis])
  )
}

/** A tensor's bytes as the typed array ONNX Runtime wants, copied only if they lie askew. Little-endian hosts only. */
// biome-ignore lint/suspicious/noExplicitAny: the constructor's overloads pair each dtype with its own array type
function elementsOf({ dtype, data }: Tensor): any {
  const width = dtypes[dtype].bytes
  const { buffer, byteOffset, length } = data.byteOffset % width === 0 ? data : new Uint8Array(data)
  return new arrayTypes[dtype](buffer as ArrayBuffer, byteOffset, length / width)
}

const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies Record<DType, unknown>

/**
 * A result as a tensor. Not copied: both runtimes copy what they computed into memory of JavaScript's own before they
 * hand it out (`OrtValueToNapiValue`; `wasm-core-impl.ts`, `run`), so it outlives the session.
 *
 * @throws RuntimeInputError when it is absent or no tensor of numbers
 */
export function tensorFrom(name: string, result: OrtTensor | undefined): Tensor {
  if (!result) throw new RuntimeInputError(`the model did not give its output ${quote(name, 80)}`)
  if (!(result.type in dtypes))
    throw new RuntimeInputError(`the output ${quote(name, 80)} is a ${quote(result.type, 20)} tensor, not numbers`)
  const { buffer, byteOffset, byteLength } = result.data as Exclude<OrtTensor['data'], string[]>
  return { dtype: result.type as DType, dims: result.dims, data: new Uint8Array(buffer, byteOffset, byteLength) }
}
