import { randomFrom } from '../../demo/random.ts'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { cheats as allCheats, type Cheat } from './cheats.ts'
import { type CorpusModel, corpusModels } from './models.ts'
import type { Opened } from './ort.ts'
import { variants as allVariants, canonical, openVariant, type Variant } from './variants.ts'

/** What a node posted, and what it is. */
export interface Claim {
  readonly id: string
  readonly model: CorpusModel
  readonly inputs: NamedTensors
  readonly outputs: NamedTensors
  readonly made: { readonly variant: string } | { readonly cheat: string }
}

/** A claim that is false, with what would have been true. */
export interface FalseClaim extends Claim {
  readonly made: { readonly cheat: string }
  /** what the canonical variant gives */
  readonly honest: NamedTensors
}

/** Why something was not made. */
export interface Skipped {
  readonly model: string
  /** name of the variant or cheat */
  readonly by: string
  /** `unsupported`: the runtime or the cheat cannot do it. `same`: it gave the honest bits, so it is no cheat. */
  readonly reason: 'unsupported' | 'same'
  readonly message: string
}

interface Common {
  /** the same claims for the same seed, up to what the machine's instruction set makes of them */
  readonly seed: number | string
  readonly models?: readonly CorpusModel[]
  readonly onSkip?: (skipped: Skipped) => void
}

/**
 * Claims of honest nodes, one after the other: of every model as many as it says, spread evenly over the variants. Holds
 * one session at a time.
 *
 * @param parameters.share of the claims of each model, at least one of each; 1 makes more than 10,000
 */
export async function* honestClaims({
  seed,
  models = corpusModels,
  variants = allVariants,
  share = 1,
  onSkip,
}: Common & { readonly variants?: readonly Variant[]; readonly share?: number }): AsyncGenerator<Claim> {
  for (const model of models) {
    const count = Math.max(1, Math.round(share * model.claims))
    let made = 0
    // Backwards: what a variant cannot do falls to the next one, and the last one, our own, can do everything.
    for (const [index, variant] of [...variants].reverse().entries()) {
      const until = Math.round((count * (index + 1)) / variants.length)
      if (until === made) continue
      const session = await opened(variant, model.file(), (message) =>
        onSkip?.({ model: model.name, by: variant.name, reason: 'unsupported', message }),
      )
      if (!session) continue
      try {
        for (; made < until; made++) {
          const inputs = model.input(`${seed}/${made}`)
          const id = `${model.name}/${seed}/${made}`
          yield { id, model, inputs, outputs: await session.run(inputs), made: { variant: variant.name } }
        }
      } finally {
        await session.release()
      }
    }
  }
}

/**
 * Claims of cheats, one after the other: of every model and kind of cheat `each`, less those that turned out honest.
 * Holds two sessions at a time.
 */
export async function* falseClaims({
  seed,
  each,
  models = corpusModels,
  cheats = allCheats,
  onSkip,
}: Common & { readonly each: number; readonly cheats?: readonly Cheat[] }): AsyncGenerator<FalseClaim> {
  for (const model of models) {
    const session = await openVariant(canonical, model.file())
    try {
      const asked = await Promise.all(
        Array.from({ length: each }, (_, i) => model.input(`${seed}/${i}`)).map(async (inputs) => ({
          inputs,
          honest: await session.run(inputs),
        })),
      )
      for (const cheat of cheats) {
        const skip = (reason: Skipped['reason'], message: string) =>
          onSkip?.({ model: model.name, by: cheat.name, reason, message })
        const forge = await forger(cheat, model, session, (message) => skip('unsupported', message))
        for (const [i, { inputs, honest }] of asked.entries()) {
          const id = `${model.name}/${cheat.name}/${seed}/${i}`
          const outputs = await forge?.run(inputs, honest, id)
          if (!outputs) continue
          if (sameBits(outputs, honest)) skip('same', id)
          else yield { id, model, inputs, outputs, honest, made: { cheat: cheat.name } }
        }
        await forge?.release()
      }
    } finally {
      await session.release()
    }
  }
}

interface Forger {
  run(inputs: NamedTensors, honest: NamedTensors, id: string): Promise<NamedTensors | undefined>
  release(): Promise<void>
}

async function forger(
  cheat: Cheat,
  model: CorpusModel,
  session: Opened,
  cannot: (message: string) => void,
): Promise<Forger | undefined> {
  const nothing = async () => {}
  if ('output' in cheat)
    return { run: async (_, honest, id) => cheat.output(honest, randomFrom(id), model), release: nothing }
  if ('input' in cheat)
    return {
      async run(inputs, _, id) {
        const others = cheat.input(inputs, randomFrom(id), model)
        return others && session.run(others)
      },
      release: nothing,
    }
  const file = cheat.model(model)
  if (!file) return undefined
  const other = await opened(canonical, file, cannot)
  // A layer that is left out may be one whose absence only shows when the model runs.
  const run = (inputs: NamedTensors) =>
    other?.run(inputs).catch((error) => {
      cannot(String(error))
      return undefined
    })
  return other && { run: async (inputs) => run(inputs), release: () => other.release() }
}

async function opened(variant: Variant, file: Uint8Array, cannot: (message: string) => void) {
  try {
    return await openVariant(variant, file)
  } catch (error) {
    cannot(String(error))
    return undefined
  }
}

/** Whether two results are the same to the last bit, names and order of names aside. */
export function sameBits(a: NamedTensors, b: NamedTensors): boolean {
  return (
    a.size === b.size &&
    [...b].every(([name, { dtype, dims, data }]) => {
      const given = a.get(name)
      return given?.dtype === dtype && given.dims.join() === dims.join() && Buffer.compare(given.data, data) === 0
    })
  )
}
