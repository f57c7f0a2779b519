import { type Answerer, type AnswerRequest, honestAnswerer, revealed } from '../../node/answerer.ts'
import { infer, inferAll } from '../../node/infer.ts'
import { parseOnnx } from '../../protocol/onnx.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { distance } from '../distance.ts'
import { squashingOf } from '../models.ts'
import { randomFrom } from '../random.ts'
import type { Cheat, Forgery } from './cheat.ts'
import { noise } from './noise.ts'

/** How many tolerances a forged output must be away from the honest one to count as a cheat. */
export const MARGIN = 2

/**
 * Answers with a cheat's outputs, and says so: the ground truth of a demo depends on it.
 *
 * A cheat can happen to change nothing that matters on some input. So the honest outputs are computed as well, and when
 * the forged ones are within {@link MARGIN} times the tolerance, or the cheat fails, noise is added to what was to be
 * posted. The answer then names both cheats, e.g. `fp16-weights+noise`.
 *
 * The trace is that of what the node claims: of the model and input that it really ran, ending in what it posted.
 */
export function dishonestAnswerer(cheat: Cheat): Answerer {
  return {
    async answer(request) {
      const { outputs: honest } = await honestAnswerer.answer(request)
      const { forgery, outputs, name } = await forge(cheat, request, honest)
      return {
        outputs,
        dishonest: name,
        reveal: cheat.reveals,
        publishes: cheat.publishes,
        trace: async () => {
          // The model that it was asked to run, on the inputs that it says it was given.
          const claimed = { model: request.model, inputs: forgery.claimed ?? request.inputs }
          return revealed(claimed, new Map([...(await inferAll(forgery, forgery.forced)), ...outputs]))
        },
      }
    },
  }
}

async function forge(
  cheat: Cheat,
  request: AnswerRequest,
  honest: NamedTensors,
): Promise<{ forgery: Forgery; outputs: NamedTensors; name: string }> {
  for (const [attempt, name] of [
    [cheat, cheat.name],
    [noise, `${cheat.name}+${noise.name}`],
  ] as const) {
    const forged = await forgedOutputs(attempt, request).catch(() => undefined)
    if (forged && distance(forged.outputs, honest, squashingOf(request.modelHash)) > MARGIN * request.tolerance)
      return { ...forged, name }
  }
  throw new Error(`no cheat tells its outputs from the honest ones for request ${request.requestId}`)
}

/** What a cheat makes of a request: always the same. */
export async function forgedOutputs(
  cheat: Cheat,
  request: AnswerRequest,
): Promise<{ forgery: Forgery; outputs: NamedTensors }> {
  const forgery = await cheat.forge(request, randomFrom(`${cheat.name}/${request.requestId}`))
  const made = forgery.forced ? await forcedOutputs(forgery) : await infer(forgery)
  return { forgery, outputs: forgery.alter ? forgery.alter(made) : made }
}

async function forcedOutputs(forgery: Forgery): Promise<NamedTensors> {
  const all = await inferAll(forgery, forgery.forced)
  return new Map(parseOnnx(forgery.model).outputs.map((name) => [name, all.get(name) as Tensor]))
}
