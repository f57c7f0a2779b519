import type { AnswerRequest } from '../../node/answerer.ts'
import type { NamedTensors } from '../../protocol/tensor.ts'
import type { DemoModelName } from '../models.ts'
import type { Random } from '../random.ts'

/** What a cheating node really runs, and what it does to the outcome. Also what its trace is made of. */
export interface Forgery {
  readonly model: Uint8Array
  readonly inputs: NamedTensors
  /** tensors that take the place of what their operators make; the rest is computed from them. None if not given */
  readonly forced?: NamedTensors
  /** changes the outputs before they are posted; nothing if not given */
  readonly alter?: (outputs: NamedTensors) => NamedTensors
  /** what it says the inputs were; those of the request if not given */
  readonly claimed?: NamedTensors
}

/** A way to post something else than what was asked for. */
export interface Cheat {
  readonly name: string
  /** one line for people */
  readonly about: string
  /**
   * The models on which the forged output was further from the honest one than twice the model's tolerance, on every one
   * of 1,500 inputs. `node --import tsx demo/cheats/measure.ts 1500` prints the figures for all of them.
   */
  readonly suits: readonly DemoModelName[]
  /** whether the node answers a challenge */
  readonly reveals: boolean
  /** whether anybody gets to see the trace that it reveals the root of */
  readonly publishes: boolean
  /** @param random the same numbers for the same request, so that a node cheats twice in the same way */
  forge(request: AnswerRequest, random: Random): Forgery | Promise<Forgery>
}
