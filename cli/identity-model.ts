import { create, toBinary } from '@bufbuild/protobuf'
import { GraphProtoSchema, ModelProtoSchema } from 'onnx-buf'

/** The smallest model there is, `y = x`: enough to see that a runtime loads and runs on this machine. */
export function identityModel(): Uint8Array {
  const value = (name: string) => ({
    name,
    type: { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim: [dim(1n)] } } } },
  })
  const dim = (size: bigint) => ({ value: { case: 'dimValue' as const, value: size } })
  const graph = create(GraphProtoSchema, {
    name: 'identity',
    node: [{ opType: 'Identity', input: ['x'], output: ['y'] }],
    input: [value('x')],
    output: [value('y')],
  })
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: '', version: 13n }], graph }),
  )
}
