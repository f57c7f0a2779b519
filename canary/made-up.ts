import { createHash } from 'node:crypto'
import { decodeOnnx } from '../protocol/onnx.ts'
import { type DType, dtypes, elementCount, type NamedTensors, type Tensor } from '../protocol/tensor.ts'

const dtypeByCode = new Map<number, DType>(Object.entries(dtypes).map(([name, { code }]) => [code, name as DType]))

/** Thrown when no input can be made up for a model; the message says why. */
export class MadeUpError extends Error {
  override name = 'MadeUpError'
}

/**
 * Makes up an input for a model: dimensions that the file leaves open are 1, numbers are from −1 to 1, whole ones 0 or 1.
 * The same seed gives the same input, and nobody without it can tell it from another's.
 *
 * @throws MadeUpError when an input is no tensor of numbers
 * @throws OnnxFormatError when the bytes are not a model
 */
export function madeUpInput(model: Uint8Array, seed: Uint8Array): NamedTensors {
  const { graph } = decodeOnnx(model)
  const constants = new Set(graph.initializer.map(({ name }) => name))
  const inputs = new Map<string, Tensor>()
  for (const { name, type } of graph.input) {
    if (constants.has(name)) continue
    const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined
    const dtype = dtypeByCode.get(tensor?.elemType ?? 0)
    if (!tensor || !dtype || dtype === 'float16')
      throw new MadeUpError(
        `its input ${JSON.stringify(name.slice(0, 80))} is no tensor of numbers that can be made up`,
      )
    const dims = (tensor.shape?.dim ?? []).map(({ value }) =>
      value.case === 'dimValue' && value.value > 0n ? Number(value.value) : 1,
    )
    if (elementCount(dims) > MAX_ELEMENTS) throw new MadeUpError(`its input has more than ${MAX_ELEMENTS} elements`)
    inputs.set(name, { dtype, dims, data: dataOf(dtype, elementCount(dims), draws(seed, name)) })
  }
  return inputs
}

/** More would not go on chain inline. */
const MAX_ELEMENTS = 16_384

function dataOf(dtype: DType, count: number, draw: () => number): Uint8Array {
  const { bytes } = dtypes[dtype]
  const data = new Uint8Array(count * bytes)
  const view = new DataView(data.buffer)
  for (let i = 0; i < count; i++) {
    const at = i * bytes
    if (dtype === 'float32') view.setFloat32(at, draw() * 2 - 1, true)
    else if (dtype === 'float64') view.setFloat64(at, draw() * 2 - 1, true)
    // The lowest byte of a little-endian number.
    else data[at] = draw() < 0.5 ? 0 : 1
  }
  return data
}

/** Uniform in [0, 1), from sha256 in counter mode. */
function draws(seed: Uint8Array, name: string): () => number {
  let counter = 0
  return () => {
    const block = createHash('sha256').update(seed).update(`${name}\n${counter++}`).digest()
    return block.readUInt32LE(0) / 2 ** 32
  }
}

/**
 * Outputs that are wrong, the likeliest to pass for honest ones first: those of another input, as of a node that answers
 * with an old result; then every number changed.
 *
 * @param other what the model gives for another input
 */
export function wrongOutputs(honest: NamedTensors, other: NamedTensors | undefined): NamedTensors[] {
  const altered = new Map([...honest].map(([name, tensor]) => [name, alter(tensor)] as const))
  return other ? [other, altered] : [altered]
}

/** The tensor with every number changed; none of them becomes NaN or infinite. */
function alter(tensor: Tensor): Tensor {
  const { bytes } = dtypes[tensor.dtype]
  const data = Uint8Array.from(tensor.data)
  const view = new DataView(data.buffer)
  for (let at = 0; at < data.length; at += bytes)
    if (tensor.dtype === 'float32') view.setFloat32(at, differs(view.getFloat32(at, true)), true)
    else if (tensor.dtype === 'float64') view.setFloat64(at, differs(view.getFloat64(at, true)), true)
    else if (tensor.dtype === 'float16') view.setUint16(at, view.getUint16(at, true) === 0x3c00 ? 0 : 0x3c00, true)
    else data[at] = (data[at] as number) ^ 1
  return { ...tensor, data }
}

/** A number of the other sign, at least one away. */
function differs(value: number): number {
  const other = value > 0 ? -value - 1 : 1 - value
  return Number.isFinite(other) ? other : 0.5
}
