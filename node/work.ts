import type { Hex } from 'viem'
import { encodePart } from '../chain/encode-proof.ts'
import { encodeTensors } from '../protocol/tensor.ts'
import { packTrace } from '../protocol/trace.ts'
import type { Answer } from './answerer.ts'
import { type Payload, payloadOf } from './payload.ts'

/** Which chunks of which tensor of a trace are demanded; none of them means its header. `Demand` in `IChecker.sol`. */
export interface Part {
  readonly entry: number
  readonly first: number
  readonly count: number
}

/** What is computed for one request: each thing when it is first needed, once, and again only if it failed. */
export interface Work {
  answer(): Promise<Answer>
  /** the outputs, ready for `post` */
  output(): Promise<Payload>
  /** the trace's root and where it was published, ready for `reveal` */
  reveal(): Promise<{ root: Hex; uri: string }>
  /** a part of the trace, ready for `supply` */
  supply(part: Part): Promise<Hex>
  /** Lets go of the trace, which is large: it is computed again should it be wanted again. */
  release(): void
}

/** Where a trace is that nobody is shown. */
const NOWHERE = 'https://withheld.invalid/'

/**
 * The work on one request.
 *
 * @param compute makes the answer
 * @param publish makes bytes available to everybody and says where
 */
export function workOn(compute: () => Promise<Answer>, publish: (bytes: Uint8Array) => Promise<string>): Work {
  const answer = onceDone(compute)
  const traced = () => onceDone(async () => (await answer()).trace())
  let trace = traced()
  return {
    answer,
    output: onceDone(async () => payloadOf(encodeTensors((await answer()).outputs), publish)),
    reveal: onceDone(async () => {
      const { publishes } = await answer()
      const { root, trace: whole } = await trace()
      return { root, uri: publishes ? await publish(packTrace(whole)) : NOWHERE }
    }),
    async supply({ entry, first, count }) {
      const { graph, committed } = await trace()
      return encodePart(graph, committed.open(entry, count > 0 ? [committed.entry(entry).chunks(first, count)] : []))
    },
    release() {
      trace = traced()
    },
  }
}

/** Remembers what a function gave, or is about to give, but not that it failed. */
export function onceDone<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
