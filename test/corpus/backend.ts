import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, type TensorProto, TensorProto_DataType, TensorProtoSchema } from 'onnx-buf'
import { type DType, dtypes, elementCount, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'

/** A model of the ONNX project's own tests: mostly one operator, with inputs and what the reference gives for them. */
export interface BackendCase {
  readonly name: string
  readonly model: Uint8Array
  readonly inputs: NamedTensors
  readonly expected: NamedTensors
}

const roots = ['/usr/share/libonnx-testdata/data', '/usr/share/onnx/test/data']

/** Where the ONNX backend test data lie, or undefined: Debian's package `libonnx-testdata`. No npm package has them. */
export function backendData(): string | undefined {
  return roots.find((root) => existsSync(join(root, 'node')))
}

/** Every case whose inputs and outputs are tensors of numbers, sequences and strings left out. */
export function* backendCases(root: string): Generator<BackendCase> {
  for (const kind of ['node', 'simple', 'pytorch-operator', 'pytorch-converted']) {
    const folder = join(root, kind)
    if (!existsSync(folder)) continue
    for (const name of readdirSync(folder).sort()) {
      const one = readCase(join(folder, name))
      if (one) yield { name: `${kind}/${name}`, ...one }
    }
  }
}

function readCase(folder: string): Omit<BackendCase, 'name'> | undefined {
  const path = join(folder, 'model.onnx')
  if (!existsSync(path)) return undefined
  const model = new Uint8Array(readFileSync(path))
  const { graph } = fromBinary(ModelProtoSchema, model)
  if (!graph) return undefined
  const initialized = new Set(graph.initializer.map(({ name }) => name))
  const fed = graph.input.map(({ name }) => name).filter((name) => !initialized.has(name))
  const inputs = readTensors(join(folder, 'test_data_set_0'), 'input', fed)
  const expected = readTensors(
    join(folder, 'test_data_set_0'),
    'output',
    graph.output.map(({ name }) => name),
  )
  return inputs && expected && { model, inputs, expected }
}

/** The files are in the order of the graph's inputs or outputs; the names inside are not always theirs. */
function readTensors(folder: string, kind: string, names: string[]): NamedTensors | undefined {
  const tensors = new Map<string, Tensor>()
  for (const [i, name] of names.entries()) {
    const path = join(folder, `${kind}_${i}.pb`)
    if (!existsSync(path)) return undefined
    try {
      const tensor = tensorOf(fromBinary(TensorProtoSchema, new Uint8Array(readFileSync(path))))
      if (!tensor) return undefined
      tensors.set(name, tensor)
    } catch {
      // A sequence or an optional: another message altogether.
      return undefined
    }
  }
  return tensors
}

const byCode = new Map<number, DType>(Object.entries(dtypes).map(([name, { code }]) => [code, name as DType]))

function tensorOf(proto: TensorProto): Tensor | undefined {
  const dtype = byCode.get(proto.dataType)
  if (!dtype) return undefined
  const dims = proto.dims.map(Number)
  const data = proto.rawData.length > 0 ? proto.rawData.slice() : typedData(proto)
  return data.length === elementCount(dims) * dtypes[dtype].bytes ? { dtype, dims, data } : undefined
}

function typedData(proto: TensorProto): Uint8Array {
  const bytes = ({ buffer }: { buffer: ArrayBufferLike }) => new Uint8Array(buffer)
  switch (proto.dataType) {
    case TensorProto_DataType.FLOAT:
      return bytes(Float32Array.from(proto.floatData))
    case TensorProto_DataType.DOUBLE:
      return bytes(Float64Array.from(proto.doubleData))
    case TensorProto_DataType.INT64:
      return bytes(BigInt64Array.from(proto.int64Data))
    case TensorProto_DataType.INT32:
      return bytes(Int32Array.from(proto.int32Data))
    case TensorProto_DataType.BOOL:
    case TensorProto_DataType.UINT8:
    case TensorProto_DataType.INT8:
      return Uint8Array.from(proto.int32Data)
    default:
      return new Uint8Array()
  }
}
