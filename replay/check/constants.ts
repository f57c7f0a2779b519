import { type GraphProto, type NodeProto, type TensorProto, TensorProto_DataType } from 'onnx-buf'

/** Tensors whose values stand in the model file, by name: initializers and what `Constant` operators give. */
export class Constants {
  readonly #tensors = new Map<string, TensorProto | bigint[] | number[]>()
  /** names that the caller of the graph feeds, even if there is a default for them, or a constant outside */
  readonly #fed: ReadonlySet<string>
  readonly #outer: Constants | undefined

  /** @param outer those of the graph around, which a subgraph may read as well */
  constructor(graph: GraphProto, outer?: Constants) {
    this.#outer = outer
    for (const tensor of graph.initializer) this.#tensors.set(tensor.name, tensor)
    for (const node of graph.node) {
      const value = node.opType === 'Constant' ? constantOf(node) : undefined
      if (value && node.output[0]) this.#tensors.set(node.output[0], value)
    }
    this.#fed = new Set(graph.input.map(({ name }) => name))
  }

  /** The numbers of a tensor; undefined when they are not known from the file, are too many, or of another type. */
  numbers(name: string | undefined, most = 64): number[] | undefined {
    const found = this.#find(name)
    if (!found) return undefined
    const values = Array.isArray(found) ? found : valuesOf(found, most)
    return values && values.length <= most ? values.map(Number) : undefined
  }

  /** Whether a tensor is known to hold integers. */
  isInteger(name: string | undefined): boolean {
    const found = this.#find(name)
    if (!found) return false
    return Array.isArray(found) ? typeof found[0] === 'bigint' : integers.has(found.dataType)
  }

  #find(name: string | undefined): TensorProto | bigint[] | number[] | undefined {
    if (!name || this.#fed.has(name)) return undefined
    return this.#tensors.get(name) ?? (this.#outer ? this.#outer.#find(name) : undefined)
  }
}

const { FLOAT, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 } = TensorProto_DataType
const integers = new Set<number>([INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64])

function constantOf({ attribute }: NodeProto): TensorProto | bigint[] | number[] | undefined {
  for (const { name, t, i, ints, f, floats } of attribute) {
    if (name === 'value') return t
    if (name === 'value_int') return [i]
    if (name === 'value_ints') return ints
    if (name === 'value_float') return [f]
    if (name === 'value_floats') return floats
  }
  return undefined
}

function valuesOf(tensor: TensorProto, most: number): bigint[] | number[] | undefined {
  const { rawData: raw, dataType } = tensor
  if (raw.length === 0)
    return dataType === INT64
      ? tensor.int64Data
      : dataType === FLOAT
        ? tensor.floatData
        : integers.has(dataType)
          ? tensor.int32Data
          : undefined
  if (raw.length > most * 8) return undefined
  const width = widths.get(dataType)
  if (!width || raw.length % width !== 0) return undefined
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length)
  return Array.from({ length: raw.length / width }, (_, at) => readers.get(dataType)?.(view, at * width) ?? Number.NaN)
}

const widths = new Map<number, number>([
  [FLOAT, 4],
  [INT8, 1],
  [UINT8, 1],
  [INT16, 2],
  [UINT16, 2],
  [INT32, 4],
  [UINT32, 4],
  [INT64, 8],
  [UINT64, 8],
])
const readers = new Map<number, (view: DataView, at: number) => number>([
  [FLOAT, (view, at) => view.getFloat32(at, true)],
  [INT8, (view, at) => view.getInt8(at)],
  [UINT8, (view, at) => view.getUint8(at)],
  [INT16, (view, at) => view.getInt16(at, true)],
  [UINT16, (view, at) => view.getUint16(at, true)],
  [INT32, (view, at) => view.getInt32(at, true)],
  [UINT32, (view, at) => view.getUint32(at, true)],
  [INT64, (view, at) => Number(view.getBigInt64(at, true))],
  [UINT64, (view, at) => Number(view.getBigUint64(at, true))],
])
