import type { Hex } from 'viem'
import type { ModelSignature } from '../../protocol/signature.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { readSignature } from '../runtime/describe.ts'
import type { ReplayJob, ReplayOutcome } from './job.ts'

/** What a model takes and gives, or a sentence that says why that is not known. */
export type SignatureOutcome =
  | { kind: 'signature'; signature: ModelSignature }
  | {
      kind: 'failed'
      reason: string
      /** whether it may well be had later */
      retryable: boolean
    }

/** Signatures that are remembered: of some kilobytes each at most, but for models made to be a nuisance. */
const MAX_KNOWN = 256
const NOTHING = encodeTensors(new Map())

/**
 * Signatures of models by their hash. Asked of a child, since only the runtime knows what it takes and no parser of
 * strangers' files runs in this process. Failures are not remembered: the file may only have been evicted meanwhile.
 */
export class Signatures {
  /** the least recently used first */
  readonly #known = new Map<string, Promise<SignatureOutcome>>()
  readonly #replay: (job: ReplayJob) => Promise<ReplayOutcome>

  constructor(replay: (job: ReplayJob) => Promise<ReplayOutcome>) {
    this.#replay = replay
  }

  /** Never rejects. Asked for several times at once, a model is opened once. */
  of(modelHash: Hex, modelPath: string, priority = 0): Promise<SignatureOutcome> {
    const key = modelHash.toLowerCase()
    const known = this.#known.get(key)
    if (known) this.#known.delete(key)
    const asked = known ?? this.#ask(key, { modelHash, modelPath, priority })
    this.#known.set(key, asked)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest)
    return asked
  }

  async #ask(key: string, model: Pick<ReplayJob, 'modelHash' | 'modelPath' | 'priority'>): Promise<SignatureOutcome> {
    const outcome = outcomeOf(await this.#replay({ ...model, input: NOTHING, runtime: 'native', variant: 'signature' }))
    if (outcome.kind === 'failed') this.#known.delete(key)
    return outcome
  }
}

function outcomeOf(outcome: ReplayOutcome): SignatureOutcome {
  if (outcome.kind === 'failed') return { ...outcome, reason: `the model could not be opened: ${outcome.reason}` }
  const signature = outcome.kind === 'outputs' ? readSignature(outcome.replayed.outputs) : undefined
  return signature
    ? { kind: 'signature', signature }
    : {
        kind: 'failed',
        reason: 'what the model takes and gives is too much to be told, or makes no sense',
        retryable: false,
      }
}
