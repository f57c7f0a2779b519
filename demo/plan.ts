import type { Cheat } from './cheats/cheat.ts'
import type { DemoModelName } from './models.ts'
import type { Random } from './random.ts'

/** Who answers a request: one of the honest nodes, or the node with this cheat. */
export interface PlannedAnswer {
  model: DemoModelName
  cheat: Cheat | null
  /** which input of the model: the same number is the same input */
  seed: number
}

/** Share of results that are fraudulent: far more than any network could bear, so that a short run shows every kind. */
const FRAUD_SHARE = 0.35

/** Decides by chance, repeatably, which model each request asks for and who answers it. Pure. */
export function planRun(
  count: number,
  models: readonly DemoModelName[],
  cheats: readonly Cheat[],
  random: Random,
): PlannedAnswer[] {
  // Each cheat gets its turn before any gets a second one.
  let deck: Cheat[] = []
  const nextCheat = (): Cheat => {
    if (deck.length === 0) deck = [...cheats]
    return deck.splice(random.below(deck.length), 1)[0] as Cheat
  }
  return Array.from({ length: count }, (_, index) => {
    const seed = random.below(2 ** 30)
    // The first is a fraud, so that even the shortest run shows what this is about.
    const cheat = index === 0 || random.next() < FRAUD_SHARE ? nextCheat() : null
    const choice = cheat ? cheat.suits : models
    return { model: choice[random.below(choice.length)] as DemoModelName, cheat, seed }
  })
}
