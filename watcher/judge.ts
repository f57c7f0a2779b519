import { previewsOf, recordPreviews } from '../journal/previews.ts'
import type { VerdictRow } from '../journal/queries.ts'
import { recordVerdict } from '../journal/record-verdict.ts'
import type { ArtifactReference } from '../replay/artifacts/artifacts.ts'
import { type Claim, type Examined, examine } from '../replay/examine.ts'
import { reasonOf } from '../verdict/reason.ts'
import type { Evidence, Verdict } from '../verdict/verdict.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import type { IndexedRequest, IndexedResult } from './index-client.ts'

/**
 * Replays one result, judges it and records the verdict. What goes wrong inside is an `undetermined` verdict; one that
 * may pass (a server that does not answer, a time-out) is tried again later.
 *
 * @param tries how often it was judged before
 * @param turn waits for a place among the replays. The place is free again before the verdict is on disk, so that more
 * verdicts than there are places can share a commit; by default there is always one
 * @returns when the verdict is on disk
 */
export async function judge(
  it: Pick<Watch, 'artifacts' | 'pool' | 'journal' | 'log' | 'clock'>,
  { key, result }: Collected,
  tries: number,
  signal: AbortSignal,
  turn: Turn = (replay) => replay(),
): Promise<void> {
  const examined = await turn(async () => (signal.aborted ? undefined : examine(claimOf(result), it)))
  // A Ctrl-C reaches the replaying children too; what it cut off is judged after the restart.
  if (!examined || signal.aborted) return
  const { verdict, ms, compared } = examined
  const judgedAt = it.clock()
  const retryAt = verdict.kind === 'undetermined' && verdict.retryable ? judgedAt + retryDelay(tries) : null
  await recordVerdict(it.journal, verdictRow(key, verdict, { ms, judgedAt, retryAt }))
  if (compared && verdict.kind !== 'valid') await show(it, key, verdict, compared)
  const about = { result: result.id, verdict: verdict.kind, step: verdict.step, reason: reasonOf(verdict), ms }
  it.log.info(retryAt === null ? about : { ...about, retryAt: new Date(retryAt) }, 'judged')
}

/** Keeps a part of what differed, for people who look at the result. Nothing depends on it, so its failure is only logged. */
export async function show(
  { journal, log }: Pick<Watch, 'journal' | 'log'>,
  key: string,
  verdict: Exclude<Verdict, { kind: 'valid' }>,
  compared: NonNullable<Examined['compared']>,
): Promise<void> {
  const worst =
    verdict.kind === 'invalid' ? verdict.evidence : { output: [...compared.posted.keys()][0] ?? '', at: null }
  try {
    await recordPreviews(journal, key, previewsOf(key, compared, worst))
  } catch (error) {
    log.warn({ err: error, observation: key }, 'what was compared could not be kept for the pages')
  }
}

/** Runs a replay once it has a place; whatever it gives is passed on. */
export type Turn = (replay: () => Promise<Examined | undefined>) => Promise<Examined | undefined>

const FIRST_RETRY_MS = 5_000
const LAST_RETRY_MS = 3_600_000

/** Milliseconds until the next try: doubling, at most an hour. A window may be days long, and a server come back. */
export function retryDelay(tries: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** tries, LAST_RETRY_MS)
}

/** What a replay needs of an indexed result. */
export function claimOf(result: IndexedResult): Claim {
  const { model, request } = result
  const trace = traceOf(result)
  const claim: Claim = {
    model: { hash: model.modelHash, uri: model.uri },
    input: inputOf(request),
    output: { hash: result.outputHash, uri: result.outputUri, data: bytesOrNull(result.output) },
    // 1e-18 units to a plain ratio: a distance is a float by nature, and this is no money.
    rule: { precision: model.precision, tolerance: Number(model.tolerance) / 1e18 },
    priority: Number(result.windowEnd),
  }
  if (trace) claim.trace = trace
  return claim
}

/** Where the node says that its trace is, once it has revealed one. */
function traceOf({ challenge }: Pick<IndexedResult, 'challenge'>): Claim['trace'] {
  return challenge?.traceRoot && challenge.traceUri ? { root: challenge.traceRoot, uri: challenge.traceUri } : undefined
}

/**
 * Whether a verdict could change now: its time for another try has come, or the node has revealed a trace since the
 * runtimes left the matter open.
 */
export function isDue(before: VerdictRow | undefined, { result }: Collected, now: number): boolean {
  if (!before) return true
  if (before.retryAt !== null && before.retryAt <= now) return true
  const open = before.kind === 'undetermined' && (before.step === 'envelope' || before.step === 'second')
  return open && traceOf(result) !== undefined
}

/** Where a request's input is. */
export function inputOf(request: Pick<IndexedRequest, 'inputHash' | 'inputUri' | 'input'>): ArtifactReference {
  return { hash: request.inputHash, uri: request.inputUri, data: bytesOrNull(request.input) }
}

/** A verdict as the journal keeps it. Written out, as everything that is done for each result: V8 takes microseconds to build an object from others. */
export function verdictRow(
  observationKey: string,
  verdict: Verdict,
  { ms, judgedAt, retryAt }: Pick<VerdictRow, 'ms' | 'judgedAt' | 'retryAt'>,
): Omit<VerdictRow, 'tries' | 'network'> {
  const { kind, step } = verdict
  const found = kind === 'valid' ? verdict : kind === 'invalid' ? verdict.evidence : undefined
  return {
    observationKey,
    kind,
    step,
    output: found?.output ?? null,
    distance: found ? finite(found.distance) : null,
    tolerance: found?.tolerance ?? null,
    reason: kind === 'undetermined' ? verdict.reason : null,
    evidence: kind === 'invalid' ? evidenceOf(verdict.evidence) : null,
    runtimes: JSON.stringify(kind === 'invalid' ? verdict.evidence.runtimes : verdict.runtimes),
    ms,
    judgedAt,
    retryAt,
  }
}

function evidenceOf({ runtimes: _, ...evidence }: Evidence): string {
  return JSON.stringify(evidence)
}

/** NaN and infinities have no place in JSON or SQL; the evidence names the elements themselves. */
function finite(distance: number | null): number | null {
  return distance !== null && Number.isFinite(distance) ? distance : null
}

/** Bytes of hex that the index answered; null where it had none. */
export function bytesOrNull(hex: `0x${string}` | null): Uint8Array | null {
  // Not viem's `hexToBytes`, which takes five times as long; what is no hex ends early, and has another hash.
  return hex === null ? null : Buffer.from(hex.slice(2), 'hex')
}
