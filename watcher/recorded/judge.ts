import type { Hex } from 'viem'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { adapters } from '../../networks/adapters.ts'
import { observationKey } from '../../protocol/observation.ts'
import { type Examined, examine } from '../../replay/examine.ts'
import { reasonOf } from '../../verdict/reason.ts'
import type { AttestedResult } from '../attest.ts'
import type { Following } from '../context.ts'
import { bytesOrNull, show, verdictRow } from '../judge.ts'
import type { RecordedResult } from './ask.ts'
import { type FoundModel, LAST } from './models.ts'

type Tools = Pick<Following, 'artifacts' | 'pool' | 'journal' | 'log' | 'clock' | 'attestor'>
/** What a replay takes. */
type Replaying = Pick<Following, 'artifacts' | 'pool'>
/** A network that is followed without being able to challenge on it. */
export type RecordedNetwork = keyof typeof adapters

/** Why a result can be judged without its model: it cannot be replayed at all. Undefined where it can. */
export function unreplayable(network: RecordedNetwork, { mode, request, output }: RecordedResult): string | undefined {
  const reason = adapters[network].notReplayed(mode)
  if (reason) return `not replayed: ${reason}`
  if (request.input === null) return 'the input is longer than what the index keeps, or its event does not carry it'
  if (output === null) return 'the output is longer than what the index keeps, or its event does not carry it'
  return undefined
}

/**
 * Judges one recorded result and records the verdict; resolves when it is on disk. Nothing is ever sent about it.
 *
 * @param model what is known of its model; undefined where {@link unreplayable} says that it does not matter
 */
export async function judgeRecorded(
  it: Tools,
  network: RecordedNetwork,
  result: RecordedResult,
  model: FoundModel | undefined,
  signal: AbortSignal,
): Promise<void> {
  const key = observationKey(result)
  const { verdict, ms, compared } = await examineRecorded(it, network, result, model)
  // What a shutdown cut off is judged after the restart.
  if (signal.aborted) return
  const judgedAt = it.clock()
  const retryable = verdict.kind === 'undetermined' && verdict.retryable
  const later = model?.kind === 'missing' ? model.retryAt : judgedAt + RETRY_MS
  if (model?.kind === 'ready') await it.attestor?.note([attested(key, network, result, model.hash)])
  await recordVerdict(it.journal, {
    ...verdictRow(key, verdict, { ms, judgedAt, retryAt: retryable ? later : null }),
    network,
  })
  if (compared && verdict.kind !== 'valid') await show(it, key, verdict, compared)
  const about = { network, result: result.id, verdict: verdict.kind, step: verdict.step, reason: reasonOf(verdict), ms }
  if (verdict.kind === 'invalid') it.log.warn(about, 'judged: there is nobody to challenge it before')
  else it.log.debug(about, 'judged')
}

/** What an attestation says of a result besides the verdict. */
function attested(key: string, network: RecordedNetwork, result: RecordedResult, modelHash: Hex): AttestedResult {
  const { id: resultId, chainId, blockHash, transactionHash, logIndex, outputHash, request } = result
  return {
    ...{
      key,
      network,
      resultId,
      chainId,
      blockNumber: Number(result.blockNumber),
      blockHash,
      transactionHash,
      logIndex,
    },
    ...{ modelHash, inputHash: request.inputHash, outputHash, precision: 'fp32' },
  }
}

/** Milliseconds until what may pass is tried again; nothing here has a deadline. */
const RETRY_MS = 60_000

/**
 * Replays one recorded result and says what it shows; records nothing.
 *
 * @param model as for {@link judgeRecorded}
 */
export async function examineRecorded(
  it: Replaying,
  network: RecordedNetwork,
  result: RecordedResult,
  model: FoundModel | undefined,
): Promise<Examined> {
  const reason = unreplayable(network, result)
  if (reason || !model) return undetermined(reason ?? 'its model is not known', false)
  if (model.kind === 'missing') return undetermined(model.reason, model.retryAt !== null)
  const start = performance.now()
  const made = adapters[network].claim({
    model: { hash: model.hash, uri: result.model.uri },
    input: bytesOrNull(result.request.input),
    output: bytesOrNull(result.output),
    signature: model.signature,
    tolerance: result.model.tolerance,
    priority: LAST,
  })
  if (made.kind === 'undetermined') return { ...undetermined(made.reason, false), ms: performance.now() - start }
  return examine(made.claim, it)
}

function undetermined(reason: string, retryable: boolean): Examined {
  return { verdict: { kind: 'undetermined', step: null, reason, retryable, runtimes: [] }, ms: 0 }
}
