import type { ModelSignature } from '../protocol/signature.ts'
import type { Mode } from '../protocol/status.ts'
import type { NetworkName } from './network.ts'
import { type InferenceClaim, inferenceClaim } from './opengradient/claim.ts'
import { notReplayed } from './opengradient/modes.ts'

/** What a replay needs of a recorded result, once its model is at hand. */
export interface RecordedMatter {
  /** where the model is, and the sha256 of the file that was found there and verified */
  model: { hash: `0x${string}`; uri: string }
  /** as the index keeps them; null where they were too long */
  input: Uint8Array | null
  output: Uint8Array | null
  signature: ModelSignature
  /** largest accepted norm-scaled distance, in 1e-18 */
  tolerance: bigint
  /** smaller is more urgent */
  priority: number
}

/** How results of a network without challenges become claims that can be replayed. */
export interface Adapter {
  /** why results of this mode are not replayed here, in a sentence; undefined where they are */
  notReplayed(mode: Mode | null): string | undefined
  /** the claim, or why there is none to judge */
  claim(matter: RecordedMatter): { kind: 'claim'; claim: InferenceClaim } | { kind: 'undetermined'; reason: string }
}

/** The networks that are followed without being able to challenge on them. */
export const adapters = {
  opengradient: { notReplayed, claim: inferenceClaim },
} as const satisfies Partial<Record<NetworkName, Adapter>>
