import { type AttributeProto, type NodeProto, type TensorProto, TensorProto_DataLocation } from 'onnx-buf'
import { type DType, dtypes, elementCount, type Tensor } from './tensor.ts'

const dtypeByCode = new Map<number, DType>(Object.entries(dtypes).map(([name, { code }]) => [code, name as DType]))

/** Name of an ONNX `TensorProto.DataType` code; undefined for those without elements of a fixed size. */
export function dtypeOf(code: number): DType | undefined {
  return dtypeByCode.get(code)
}

/**
 * A tensor that a model stores. Shares the model's memory where it can.
 *
 * @returns undefined where its value is not known for sure: strings and types unknown here, elements in another file,
 * bytes that do not fit the dimensions, NaNs among typed floats (whose bits a JavaScript number does not keep)
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (TensorProto)
 */
export function tensorOf(stored: TensorProto): Tensor | undefined {
  const dtype = dtypeByCode.get(stored.dataType)
  const dims = stored.dims.map(Number)
  const elsewhere = stored.externalData.length > 0 || stored.dataLocation === TensorProto_DataLocation.EXTERNAL
  if (!dtype || elsewhere || stored.segment || dims.some((dim) => dim < 0)) return undefined
  const typed = typedElements(dtype, stored)
  const fields = [stored.floatData, stored.int32Data, stored.int64Data, stored.doubleData, stored.uint64Data]
  const filled = fields.filter(({ length }) => length > 0)
  const raw = stored.rawData.length > 0
  // Two values for one tensor, or one in the wrong field: runtimes may read either.
  if (filled.length > (raw ? 0 : 1) || filled.some((field) => field !== typed)) return undefined
  if (typed.some(Number.isNaN)) return undefined
  const count = elementCount(dims)
  const data = raw ? stored.rawData : typed.length === count ? encoded(dtype, typed) : undefined
  return data?.length === count * dtypes[dtype].bytes ? { dtype, dims, data } : undefined
}

/** The value of a Constant operator; undefined as {@link tensorOf} has it, and for sparse tensors. */
export function constantOf(node: NodeProto): Tensor | undefined {
  const [only, ...others] = node.attribute
  if (!only || others.length > 0) return undefined
  return constantValue(only)
}

/** A tensor of these elements: numbers for floating point, whole numbers and booleans as bigints. */
export function tensorFrom(dtype: DType, dims: readonly number[], elements: readonly (number | bigint)[]): Tensor {
  return { dtype, dims, data: encoded(dtype, elements) }
}

/** The elements of a tensor as {@link tensorFrom} takes them; undefined for float16. */
export function elementsOf({ dtype, dims, data }: Tensor): (number | bigint)[] | undefined {
  if (dtype === 'float16') return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const width = dtypes[dtype].bytes
  return Array.from({ length: elementCount(dims) }, (_, index) => {
    const at = index * width
    if (dtype === 'float32') return view.getFloat32(at, true)
    if (dtype === 'float64') return view.getFloat64(at, true)
    const bits = width === 8 ? view.getBigUint64(at, true) : BigInt(bitsAt(view, at, width))
    return dtype.startsWith('int') ? BigInt.asIntN(8 * width, bits) : bits
  })
}

function constantValue({ name, t, i, ints, f, floats }: AttributeProto): Tensor | undefined {
  switch (name) {
    case 'value':
      return t && tensorOf(t)
    case 'value_int':
      return tensorFrom('int64', [], [i])
    case 'value_ints':
      return tensorFrom('int64', [ints.length], ints)
    case 'value_float':
      return Number.isNaN(f) ? undefined : tensorFrom('float32', [], [f])
    case 'value_floats':
      return floats.some(Number.isNaN) ? undefined : tensorFrom('float32', [floats.length], floats)
    default:
      return undefined
  }
}

function typedElements(dtype: DType, stored: TensorProto): readonly (number | bigint)[] {
  switch (dtype) {
    case 'float32':
      return stored.floatData
    case 'float64':
      return stored.doubleData
    case 'int64':
      return stored.int64Data
    case 'uint32':
    case 'uint64':
      return stored.uint64Data
    default:
      return stored.int32Data
  }
}

/** Elements as bytes; float16 as its bits. */
function encoded(dtype: DType, elements: readonly (number | bigint)[]): Uint8Array {
  const { bytes: width } = dtypes[dtype]
  const data = new Uint8Array(elements.length * width)
  const view = new DataView(data.buffer)
  for (const [index, element] of elements.entries()) {
    const at = index * width
    if (dtype === 'float32') view.setFloat32(at, element as number, true)
    else if (dtype === 'float64') view.setFloat64(at, element as number, true)
    else if (dtype === 'bool') view.setUint8(at, Number(element) === 0 ? 0 : 1)
    else if (width === 8) view.setBigUint64(at, BigInt.asUintN(64, BigInt(element)), true)
    else if (width === 4) view.setUint32(at, Number(BigInt.asUintN(32, BigInt(element))), true)
    else if (width === 2) view.setUint16(at, Number(BigInt.asUintN(16, BigInt(element))), true)
    else view.setUint8(at, Number(BigInt.asUintN(8, BigInt(element))))
  }
  return data
}

function bitsAt(view: DataView, at: number, width: number): number {
  if (width === 4) return view.getUint32(at, true)
  return width === 2 ? view.getUint16(at, true) : view.getUint8(at)
}
