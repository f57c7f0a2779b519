import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf'
import { openSession, type RuntimeKind } from '../runtime/runtime.ts'

/**
 * Runs a model of our own, `y = x·x`, so that the runtime starts and what every model needs of it is compiled. Done in
 * a process that has yet to see its first job: always the same model, so the process stays as independent of all others
 * as a new one, and an opinion by WASM needs a fifth of the time (silero 60 ms instead of 270).
 */
export async function warmUp(kind: RuntimeKind): Promise<void> {
  const value = (name: string) => ({
    name,
    type: { value: { case: 'tensorType' as const, value: { elemType: TensorProto_DataType.FLOAT } } },
  })
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'warm-up',
      input: [value('x')],
      output: [value('y')],
      node: [{ opType: 'Mul', input: ['x', 'x'], output: ['y'] }],
    },
  })
  const session = await openSession(toBinary(ModelProtoSchema, model), kind)
  await session.run(new Map([['x', { dtype: 'float32', dims: [1], data: new Uint8Array(4) }]]))
  await session.release()
}
