import { gainsayAbilities } from './gainsay/abilities.ts'
import type { Abilities, NetworkName } from './network.ts'
import { opengradientAbilities } from './opengradient/abilities.ts'

/** What each network allows. */
export const abilities: Readonly<Record<NetworkName, Abilities>> = {
  gainsay: gainsayAbilities,
  opengradient: opengradientAbilities,
}
