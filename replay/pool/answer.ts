import { z } from 'zod'
import { decodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import type { Form } from '../../verdict/form.ts'
import type { Frame } from './frame.ts'
import type { BatchEnd, ReplayOutcome } from './job.ts'

/** Thrown when a child's message is not one that a child of ours sends; the message says what is wrong. */
export class AnswerError extends Error {
  override name = 'AnswerError'
}

const form: z.ZodType<Form> = z.union([
  z.strictObject({ kind: z.enum(['sigmoid', 'tanh', 'softmax']) }),
  z.strictObject({ kind: z.literal('linear') }),
  z.strictObject({ kind: z.literal('discrete') }),
  z.strictObject({ kind: z.literal('exact') }),
  z.strictObject({ kind: z.literal('label'), axis: z.int(), largest: z.boolean() }),
])
const number = z.number().nonnegative()
const text = z.string().max(2000)

const message = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({
    kind: z.literal('answers'),
    answers: z
      .array(
        z.union([
          z.strictObject({ kind: z.literal('outputs'), scores: z.boolean(), ms: number }),
          z.strictObject({ kind: z.literal('held'), hash: z.string().regex(/^0x[0-9a-f]{64}$/), ms: number }),
          z.strictObject({ kind: z.literal('failed'), reason: text }),
        ]),
      )
      .max(256),
    model: z.strictObject({ runtime: text, forms: z.array(z.tuple([z.string(), form])).max(1024) }).optional(),
    done: z
      .strictObject({
        loaded: z.array(text).max(4096),
        spoiled: z.boolean(),
        refusals: z.int().nonnegative(),
        cpuSeconds: number,
        rssMb: number,
        peakMb: number,
      })
      .optional(),
  }),
])

/** Outputs that a child holds, and what they hash to. */
export interface HeldOutputs {
  kind: 'held'
  hash: string
  runtime: string
  ms: number
}

/** A child's message, decoded. */
export type ChildAnswer =
  | { kind: 'ready' }
  | { kind: 'answers'; outcomes: (ReplayOutcome | HeldOutputs)[]; done?: BatchEnd }

/**
 * Reads the messages of one batch. Strict, because a child may be in the hands of the model it ran: whatever is not
 * exactly an honest child's message throws.
 */
export class AnswerReader {
  #model: { runtime: string; forms: ReadonlyMap<string, Form> } | undefined

  /** @throws AnswerError */
  read({ header, blobs }: Frame): ChildAnswer {
    const parsed = message.safeParse(header)
    if (!parsed.success) throw new AnswerError('it is not a message of a replay')
    if (parsed.data.kind === 'ready') return { kind: 'ready' }
    const { answers, model, done } = parsed.data
    if (model) this.#model = { runtime: model.runtime, forms: new Map(model.forms) }
    let next = 0
    const tensors = (blob: Uint8Array | undefined): NamedTensors => {
      if (!blob) throw new AnswerError('tensors are missing')
      try {
        return decodeTensors(blob)
      } catch (cause) {
        throw new AnswerError('its tensors are malformed', { cause })
      }
    }
    const outcomes = answers.map((answer): ReplayOutcome | HeldOutputs => {
      if (answer.kind === 'failed') return { ...answer, retryable: false }
      if (!this.#model) throw new AnswerError('outputs of a model it did not describe')
      const { runtime, forms } = this.#model
      if (answer.kind === 'held') return { ...answer, runtime }
      const encoded = blobs[next++]
      const outputs = tensors(encoded)
      const scores: NamedTensors = answer.scores ? tensors(blobs[next++]) : new Map()
      return {
        kind: 'outputs',
        replayed: { outputs, forms, scores },
        encoded: encoded as Uint8Array,
        runtime,
        ms: answer.ms,
      }
    })
    if (next !== blobs.length) throw new AnswerError('more tensors than answers')
    return done ? { kind: 'answers', outcomes, done } : { kind: 'answers', outcomes }
  }
}
