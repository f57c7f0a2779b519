import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { decodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import type { BareOrder } from './bare.ts'

let session: InferenceSession | undefined
let feeds: Record<string, OrtTensor>[] = []
let next = 0

process.on('message', async (order: BareOrder) => {
  if ('runs' in order) for (let run = 0; run < order.runs; run++) await session?.run(feeds[next++ % feeds.length] ?? {})
  else {
    await session?.release()
    // The canonical replay's own options, see `replay/runtime/runtime.ts`.
    session = await InferenceSession.create(order.model, {
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
      executionProviders: ['cpu'],
    })
    feeds = order.inputs.map((bytes) => feedsOf(decodeTensors(bytes)))
  }
  process.send?.('done')
})

function feedsOf(inputs: NamedTensors): Record<string, OrtTensor> {
  const made: Record<string, OrtTensor> = {}
  for (const [name, { dtype, dims, data }] of inputs) {
    const { buffer } = new Uint8Array(data)
    if (dtype !== 'float32' && dtype !== 'int64') throw new Error(`no model here takes ${dtype}`)
    made[name] =
      dtype === 'float32'
        ? new OrtTensor(dtype, new Float32Array(buffer), dims)
        : new OrtTensor(dtype, new BigInt64Array(buffer), dims)
  }
  return made
}
