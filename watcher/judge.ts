import type { VerdictRow } from '../journal/queries.ts'
import { recordVerdict } from '../journal/record-verdict.ts'
import type { ArtifactReference } from '../replay/artifacts/artifacts.ts'
import { type Claim, examine } from '../replay/examine.ts'
import { reasonOf } from '../verdict/reason.ts'
import type { Verdict } from '../verdict/verdict.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import type { IndexedRequest, IndexedResult } from './index-client.ts'

/**
 * Replays one result, judges it and records the verdict. What goes wrong inside is an `undetermined` verdict; one that
 * may pass (a server that does not answer, a time-out) is tried again later.
 *
 * @param tries how often it was judged before
 */
export async function judge(
  it: Pick<Watch, 'artifacts' | 'pool' | 'journal' | 'log' | 'clock'>,
  { key, result }: Collected,
  tries: number,
  signal: AbortSignal,
): Promise<void> {
  const { verdict, ms } = await examine({ ...claimOf(result), priority: Number(result.windowEnd) }, it)
  // A Ctrl-C reaches the replaying children too; what it cut off is judged after the restart.
  if (signal.aborted) return
  const judgedAt = it.clock()
  const retryAt = verdict.kind === 'undetermined' && verdict.retryable ? judgedAt + retryDelay(tries) : null
  await recordVerdict(it.journal, { observationKey: key, ...verdictRow(verdict), ms, judgedAt, retryAt })
  const about = { result: result.id, verdict: verdict.kind, step: verdict.step, reason: reasonOf(verdict), ms }
  it.log.info(retryAt === null ? about : { ...about, retryAt: new Date(retryAt) }, 'judged')
}

const FIRST_RETRY_MS = 5_000
const LAST_RETRY_MS = 3_600_000

/** Milliseconds until the next try: doubling, at most an hour. A window may be days long, and a server come back. */
export function retryDelay(tries: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** tries, LAST_RETRY_MS)
}

/** What a replay needs of an indexed result. */
export function claimOf({ model, request, ...result }: IndexedResult): Claim {
  const trace = traceOf(result)
  return {
    model: { hash: model.modelHash, uri: model.uri },
    input: inputOf(request),
    output: { hash: result.outputHash, uri: result.outputUri, data: bytesOrNull(result.output) },
    // 1e-18 units to a plain ratio: a distance is a float by nature, and this is no money.
    rule: { precision: model.precision, tolerance: Number(model.tolerance) / 1e18 },
    ...(trace ? { trace } : {}),
  }
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

function verdictRow(verdict: Verdict): Omit<VerdictRow, 'observationKey' | 'ms' | 'judgedAt' | 'tries' | 'retryAt'> {
  const { step } = verdict
  const nothing = { step, output: null, distance: null, tolerance: null, reason: null, evidence: null }
  switch (verdict.kind) {
    case 'valid': {
      const { kind, output, distance, tolerance, runtimes } = verdict
      return { ...nothing, kind, output, distance: finite(distance), tolerance, runtimes: JSON.stringify(runtimes) }
    }
    case 'invalid': {
      const { runtimes, ...evidence } = verdict.evidence
      const { output, distance, tolerance } = evidence
      return {
        ...nothing,
        kind: 'invalid',
        output,
        distance: finite(distance),
        tolerance,
        evidence: JSON.stringify(evidence),
        runtimes: JSON.stringify(runtimes),
      }
    }
    case 'undetermined':
      return { ...nothing, kind: verdict.kind, reason: verdict.reason, runtimes: JSON.stringify(verdict.runtimes) }
  }
}

/** NaN and infinities have no place in JSON or SQL; the evidence names the elements themselves. */
function finite(distance: number | null): number | null {
  return distance !== null && Number.isFinite(distance) ? distance : null
}

function bytesOrNull(hex: `0x${string}` | null): Uint8Array | null {
  // Not viem's `hexToBytes`, which takes five times as long; what is no hex ends early, and has another hash.
  return hex === null ? null : Buffer.from(hex.slice(2), 'hex')
}
