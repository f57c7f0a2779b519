import type { Hex } from 'viem'
import type { NamedTensors } from '../protocol/tensor.ts'
import type { Rule } from '../verdict/verdict.ts'

/** A posted result with everything at hand. */
export interface Matter {
  /** `0x…` sha256 of the model file */
  modelHash: Hex
  modelPath: string
  /** `encodeTensors` bytes, or the path of a file that holds them */
  input: Uint8Array | string
  /** gets what was posted; not called when its hash shows that the replay gave the same. What it throws, `judge` throws */
  posted: () => Promise<NamedTensors>
  /** sha256 of the posted outputs' `encodeTensors` bytes, lower case */
  postedHash?: string
  rule: Rule
  /** smaller is more urgent, e.g. the deadline */
  priority?: number
  /** the trace that the node has revealed; called only when the matter comes to it */
  trace?: () => Promise<PostedTrace>
}

/** A trace as a node revealed it. */
export interface PostedTrace {
  /** the root on chain */
  root: Hex
  /** `encodeTrace` bytes, unchecked */
  bytes: Uint8Array
}
