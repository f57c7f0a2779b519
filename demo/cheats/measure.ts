// Prints how far every cheat takes every model's output from the honest one, in units of the model's tolerance, and how
// far honest runtimes are from each other:
//
//   node --import tsx demo/cheats/measure.ts [inputs a model, 200 if not given; 1500 take a minute]
//
// A cheat suits a model only when even its smallest distance is more than twice the tolerance.

import { createRequire } from 'node:module'
import type { InferenceSession } from 'onnxruntime-node'
import type { AnswerRequest } from '../../node/answerer.ts'
import { infer } from '../../node/infer.ts'
import { sha256Hex } from '../../node/payload.ts'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { openSession, type Session } from '../../replay/runtime/runtime.ts'
import { distance, floatsOf } from '../distance.ts'
import { type DemoModel, demoModels, readDemoModel } from '../models.ts'
import { forgedOutputs, MARGIN } from './answerer.ts'
import { cheats } from './index.ts'

// By require: the names of a CommonJS package are lost on some loaders.
const ort: typeof import('onnxruntime-node') = createRequire(import.meta.url)('onnxruntime-node')
const noPrepacking = { session: { disable_prepacking: '1' } }

const count = Number(process.argv[2] ?? 200)
const row = (...cells: (string | number)[]) =>
  console.log(cells.map((cell, i) => (i < 2 ? `${cell}`.padEnd(17) : `${cell}`.padStart(11))).join(''))

row('model', 'other run', 'smallest', 'median', 'largest', `up to ${MARGIN}`, 'suits')
for (const model of demoModels()) {
  const requests = requestsFor(model)
  const honest = await Promise.all(requests.map(infer))
  const inTolerances = (outputs: NamedTensors, i: number) =>
    distance(outputs, honest[i] as NamedTensors, model.squashing) / (requests[i] as AnswerRequest).tolerance

  for (const [name, run] of await honestRuntimes(model)) {
    const distances: number[] = []
    for (const [i, { inputs }] of requests.entries()) distances.push(inTolerances(await run(inputs), i))
    report(model, name, distances, '')
  }
  for (const cheat of cheats) {
    const distances: number[] = []
    for (const [i, request] of requests.entries())
      distances.push(inTolerances((await forgedOutputs(cheat, request)).outputs, i))
    report(model, cheat.name, distances, cheat.suits.includes(model.name) ? 'yes' : 'no')
  }
}

function report({ name }: DemoModel, against: string, distances: number[], suits: string): void {
  const sorted = distances.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.round(share * (count - 1))] as number).toPrecision(3)
  row(name, against, at(0), at(0.5), at(1), sorted.filter((d) => d <= MARGIN).length, suits)
}

function requestsFor(demoModel: DemoModel): AnswerRequest[] {
  const { modelHash, precision } = demoModel
  const model = readDemoModel(demoModel)
  return Array.from({ length: count }, (_, seed) => {
    const id = sha256Hex(Buffer.from(`${demoModel.name}/${seed}`))
    const tolerance = Number(demoModel.tolerance) / 1e18
    const inputs = demoModel.input(seed)
    return { requestId: id, modelId: modelHash, modelHash, model, precision, tolerance, inputs }
  })
}

/** Ways in which an honest node or watcher may run the model: another build, other optimisations, other threads. */
async function honestRuntimes(demoModel: DemoModel): Promise<[string, Session['run']][]> {
  const model = readDemoModel(demoModel)
  const wasm = await openSession(model, 'wasm')
  const native = (options: InferenceSession.SessionOptions) => nativeRun(model, options)
  return [
    ['wasm', (inputs) => wasm.run(inputs)],
    ['basic', await native({ graphOptimizationLevel: 'basic' })],
    ['extended', await native({ graphOptimizationLevel: 'extended' })],
    ['all', await native({ graphOptimizationLevel: 'all' })],
    ['all, 2 threads', await native({ graphOptimizationLevel: 'all', intraOpNumThreads: 2 })],
    ['no prepacking', await native({ graphOptimizationLevel: 'disabled', extra: noPrepacking })],
  ]
}

async function nativeRun(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<Session['run']> {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4, ...options })
  return async (inputs) => {
    const feeds = Object.fromEntries(
      [...inputs].map(([name, { dtype, dims, data }]) => {
        const values = dtype === 'int64' ? new BigInt64Array(data.slice().buffer) : floatsOf({ dtype, dims, data })
        return [name, new ort.Tensor(values as Float32Array, dims)]
      }),
    )
    const made = await session.run(feeds)
    return new Map(
      Object.entries(made).map(([name, { dims, data }]) => {
        const values = data as Float32Array
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
        return [name, { dtype: 'float32', dims, data: bytes }]
      }),
    )
  }
}
