import { decodeTensors } from '../../protocol/tensor.ts'
import type { ReplayJob, ReplayOutcome } from '../../replay/pool/job.ts'
import { type OpenModel, openModel } from '../../replay/runtime/open-model.ts'

/**
 * What the pool's children do, without the children: the same models opened in the same way, in this process, one after
 * the other. Thousands of cheats can be judged with it, second opinions included, in the time that the pool takes for
 * the start of as many fresh processes.
 */
export class InProcess {
  readonly #open = new Map<string, OpenModel>()

  /** @param file the ONNX file that all jobs are about */
  constructor(private readonly file: Uint8Array) {}

  async replay({ input, runtime, variant = 'canonical' }: ReplayJob): Promise<ReplayOutcome> {
    if (typeof input === 'string') throw new Error('give the input as bytes')
    const key = `${runtime} ${variant}`
    const model = this.#open.get(key) ?? (await openModel(this.file, runtime, variant))
    this.#open.set(key, model)
    const { outputs, scores } = await model.run(decodeTensors(input))
    return {
      kind: 'outputs',
      replayed: { outputs, scores, forms: new Map(model.forms) },
      runtime: model.runtime,
      ms: 0,
    }
  }

  /** Frees the models. */
  async close(): Promise<void> {
    for (const model of this.#open.values()) await model.release()
    this.#open.clear()
  }
}
