/** The networks that can be followed; one folder here and one in `src/` each. `docs/networks.md` says how to add one. */
export const networkNames = ['gainsay', 'opengradient'] as const
export type NetworkName = (typeof networkNames)[number]

/** What can be known of a network's results, and done about them. */
export interface Abilities {
  /** whether a bad result can be challenged on chain; where not, what we find is published and nothing is sent */
  challenges: boolean
  /** whether a result says which node made it */
  namesNode: boolean
  /** whether a result's output is on chain as a whole, so that every element of it can be compared */
  completeOutputs: boolean
}
