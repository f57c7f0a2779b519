import type { Abilities } from '../network.ts'

/** Bonded nodes whose results anyone may challenge. */
export const gainsayAbilities: Abilities = { challenges: true, namesNode: true, completeOutputs: true }
