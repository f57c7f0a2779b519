// Runs models with another version of onnxruntime-node than the project's, for `variants.ts`. In a process of its own:
// every version brings a native library of one name and registers the same backend, and a process takes only one.
//
//   fork('old-runtime.ts', ['onnxruntime-node-1.14'], { serialization: 'advanced', execArgv: ['--import', 'tsx'] })

import { createRequire } from 'node:module'
import type { InferenceSession } from 'onnxruntime-node'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { type Opened, type Ort, open } from './ort.ts'

/** What the parent asks, one message an answer. */
export type OldRequest =
  | { id: number; open: { model: Uint8Array; options: InferenceSession.SessionOptions } }
  | { id: number; run: { session: number; inputs: NamedTensors } }
  | { id: number; release: { session: number } }

export type OldAnswer = { id: number; session: number } | { id: number; outputs: NamedTensors } | OldFailure
export interface OldFailure {
  id: number
  error: string
}

const ort: Ort = createRequire(import.meta.url)(process.argv[2] as string)
const sessions = new Map<number, Opened>()

process.on('message', async (request: OldRequest) => {
  const { id } = request
  const reply = (answer: OldAnswer) => process.send?.(answer)
  try {
    if ('open' in request) {
      sessions.set(id, await open(ort, request.open.model, request.open.options))
      reply({ id, session: id })
    } else if ('run' in request) {
      const outputs = await (sessions.get(request.run.session) as Opened).run(request.run.inputs)
      reply({ id, outputs })
    } else {
      // Nothing to call: onnxruntime-node before 1.20 frees a session when it is collected.
      sessions.delete(request.release.session)
      reply({ id, session: request.release.session })
    }
  } catch (error) {
    reply({ id, error: String(error) })
  }
})
process.on('disconnect', () => process.exit())
