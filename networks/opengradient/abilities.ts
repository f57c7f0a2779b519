import type { Abilities } from '../network.ts'

/** No bond and no challenge: results are followed, replayed and spoken about. The event carries input and output, and no node. */
export const opengradientAbilities: Abilities = { challenges: false, namesNode: false, completeOutputs: true }
