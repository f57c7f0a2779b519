import { percentile } from '../report.ts'
import { type BenchModel, type Posted, postResults } from './posted.ts'
import { tampered } from './tampered.ts'
import type { Watchtower } from './watchtower.ts'

/** Wall times in ms of a verdict: of an honest result, and of a false one, which takes the second runtime. */
export interface SecondOpinion {
  readonly model: string
  /** `cold`: the pool has never seen the model; `warm`: it has loaded it */
  readonly state: 'cold' | 'warm'
  readonly plainMs: number
  readonly secondMs: number
}

/**
 * Measures what it costs to call a result invalid: three other set-ups of the native runtime, nudged inputs, and WASM in
 * a fresh process.
 *
 * @param other a result of another model, to start the pool with
 */
export async function measureSecond(
  model: BenchModel,
  other: Posted,
  tower: Watchtower,
  rounds: number,
): Promise<SecondOpinion[]> {
  const honest = await postResults(model, 1, tower.artifacts)
  const wrong = await postResults(model, 1, tower.artifacts, tampered)
  const times = {
    cold: { plain: [] as number[], second: [] as number[] },
    warm: { plain: [] as number[], second: [] as number[] },
  }
  const timed = async (posted: Posted, kind: 'valid' | 'invalid', into: number[]) => {
    const { rows, wallMs } = await tower.judge(posted, 1, 1)
    if (rows[0]?.kind !== kind)
      throw new Error(`${model.name}: ${rows[0]?.kind} instead of ${kind}: ${rows[0]?.reason}`)
    into.push(wallMs)
    // Its spare has gone to the second opinion, and the next one shall be ready as it mostly is.
    await tower.settle()
  }
  for (let round = 0; round < rounds; round++) {
    await tower.renewPool(other)
    await timed(honest, 'valid', times.cold.plain)
    await timed(honest, 'valid', times.warm.plain)
    await tower.renewPool(other)
    await timed(wrong, 'invalid', times.cold.second)
    await timed(wrong, 'invalid', times.warm.second)
  }
  const middle = (values: number[]) => percentile(values, 0.5) as number
  return (['cold', 'warm'] as const).map((state) => ({
    ...{ model: model.name, state },
    ...{ plainMs: middle(times[state].plain), secondMs: middle(times[state].second) },
  }))
}
