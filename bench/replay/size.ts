import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf'
import { randomFrom } from '../../demo/random.ts'
import { openSession } from '../../replay/runtime/runtime.ts'
import { type BenchModel, type Posted, postResults } from './posted.ts'
import { tampered } from './tampered.ts'
import type { Watchtower } from './watchtower.ts'

/** What a model of this size costs. */
export interface SizeCost {
  readonly mb: number
  /** `InferenceSession.create` alone, in ms */
  readonly createMs: number
  /** wall time of the first verdict and of a later one, in ms */
  readonly firstMs: number
  readonly laterMs: number
  /** wall time of a first verdict that takes all variants and the second runtime, in ms */
  readonly invalidMs: number
  /** resident memory of all children together at its peak, in MiB: for a valid result, for an invalid one */
  readonly validPeakMb: number
  readonly invalidPeakMb: number
}

/** @param other a result of another model, to start the pool with */
export async function measureSize(mb: number, other: Posted, tower: Watchtower): Promise<SizeCost> {
  const model = matrices(mb)
  const start = performance.now()
  const session = await openSession(model.file(), 'native')
  const createMs = performance.now() - start
  await session.release()
  const honest = await postResults(model, 1, tower.artifacts)
  const wrong = await postResults(model, 1, tower.artifacts, tampered)
  // The model is checked as if it had just been fetched.
  for (const { files, results } of [honest, wrong])
    for (const { model } of results) files.push(tower.artifacts.pathOf(model.modelHash))
  await tower.renewPool(other)
  const first = await tower.judge(honest, 1, 1, true)
  honest.files.length = 0
  const later = await tower.judge(honest, 1, 1)
  await tower.renewPool(other)
  const invalid = await tower.judge(wrong, 1, 1, true)
  if (first.rows[0]?.kind !== 'valid' || invalid.rows[0]?.kind !== 'invalid')
    throw new Error(`${mb} MB: ${first.rows[0]?.kind} and ${invalid.rows[0]?.kind}: ${invalid.rows[0]?.reason}`)
  return {
    ...{ mb, createMs, firstMs: first.wallMs, laterMs: later.wallMs, invalidMs: invalid.wallMs },
    ...{ validPeakMb: first.peakMb, invalidPeakMb: invalid.peakMb },
  }
}

const WIDTH = 512

/** A row of matrices, a MiB each. */
function matrices(mb: number): BenchModel {
  const random = randomFrom(`matrices/${mb}`)
  const values = Float32Array.from({ length: WIDTH * WIDTH }, () => random.normal() / Math.sqrt(WIDTH))
  const { FLOAT } = TensorProto_DataType
  const value = (name: string) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: {
          elemType: FLOAT,
          shape: { dim: [1, WIDTH].map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })) },
        },
      },
    },
  })
  const file = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'matrices',
        input: [value('x0')],
        output: [value(`x${mb}`)],
        node: Array.from({ length: mb }, (_, i) => ({
          opType: 'MatMul',
          input: [`x${i}`, `w${i}`],
          output: [`x${i + 1}`],
        })),
        initializer: Array.from({ length: mb }, (_, i) => ({
          name: `w${i}`,
          dataType: FLOAT,
          dims: [WIDTH, WIDTH].map(BigInt),
          rawData: new Uint8Array(values.buffer),
        })),
      },
    }),
  )
  const row = Float32Array.from({ length: WIDTH }, () => random.normal())
  return {
    name: `${mb} MB`,
    tolerance: 1e-4,
    file: () => file,
    input: () => new Map([['x0', { dtype: 'float32', dims: [1, WIDTH], data: new Uint8Array(row.buffer) }]]),
  }
}
