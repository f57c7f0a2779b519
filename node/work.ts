import type { Hex } from 'viem'
import { encodeTensors } from '../protocol/tensor.ts'
import { packTrace } from '../protocol/trace.ts'
import type { Answer } from './answerer.ts'
import { type Payload, payloadOf } from './payload.ts'

/** What is computed for one request: each thing when it is first needed, once, and again only if it failed. */
export interface Work {
  answer(): Promise<Answer>
  /** the outputs, ready for `post` */
  output(): Promise<Payload>
  /** the trace's root and where it was published, ready for `reveal` */
  reveal(): Promise<{ root: Hex; uri: string }>
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
  return {
    answer,
    output: onceDone(async () => payloadOf(encodeTensors((await answer()).outputs), publish)),
    reveal: onceDone(async () => {
      const { trace, publishes } = await answer()
      const { root, trace: whole } = await trace()
      return { root, uri: publishes ? await publish(packTrace(whole)) : NOWHERE }
    }),
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
