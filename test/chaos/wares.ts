import { identityModel } from '../../cli/identity-model.ts'
import type { Cheat } from '../../demo/cheats/cheat.ts'
import { cheats } from '../../demo/cheats/index.ts'
import { noise } from '../../demo/cheats/noise.ts'
import { silent } from '../../demo/cheats/silent.ts'
import { withholder } from '../../demo/cheats/withholder.ts'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { type Random, randomFrom } from '../../demo/random.ts'
import type { NamedTensors } from '../../protocol/tensor.ts'

/** A model that the honest part of the cast serves, and the cheats that work on it. */
export interface Ware {
  readonly name: string
  readonly file: Uint8Array
  /** in 1e-18, as on chain */
  readonly tolerance: bigint
  readonly rule: 'worstCase' | 'probabilistic'
  readonly lambda: number
  readonly cheats: readonly Cheat[]
  input(seed: number): NamedTensors
}

/** One request of a run: which ware, who answers, on which input, from which block of the run on. */
export interface Planned {
  readonly at: number
  readonly ware: Ware
  /** null for an honest node */
  readonly cheat: Cheat | null
  readonly seed: number
}

/** The smallest model there is, for runs that are about everything but models. */
export function tinyWare(): Ware {
  return {
    ...{ name: 'identity', file: identityModel(), tolerance: 10n ** 13n, rule: 'worstCase', lambda: 0 },
    cheats: [noise, silent, withholder],
    input(seed) {
      const data = new Uint8Array(Float32Array.of(randomFrom(`identity/${seed}`).between(-1, 1)).buffer)
      return new Map([['x', { dtype: 'float32', dims: [1], data }]])
    },
  }
}

/** The demo's real models, with all of its cheats. */
export function realWares(): Ware[] {
  return demoModels().map((model) => ({
    ...{ name: model.name, file: readDemoModel(model), tolerance: model.tolerance },
    rule: model.terms.rule === 'probabilistic' ? 'probabilistic' : 'worstCase',
    lambda: model.terms.lambda,
    cheats: cheats.filter(({ suits }) => suits.includes(model.name)),
    input: model.input,
  }))
}

/** Share of results that are bad. */
const BAD_SHARE = 0.4

/** Decides by chance, repeatably, who is asked for what, spread evenly over so many blocks. Pure. */
export function planOf(wares: readonly Ware[], count: number, blocks: number, random: Random): Planned[] {
  return Array.from({ length: count }, (_, i) => {
    // Most of a run is small models, which cost a watcher little: what goes wrong is not in them.
    const ware = wares[random.next() < 0.5 ? 0 : random.below(wares.length)] as Ware
    const bad = i === 0 || random.next() < BAD_SHARE
    const cheat = bad ? (ware.cheats[random.below(ware.cheats.length)] as Cheat) : null
    return { at: Math.floor((i * blocks) / count), ware, cheat, seed: random.below(2 ** 30) }
  })
}
