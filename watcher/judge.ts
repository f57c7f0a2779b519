import { hexToBytes } from 'viem'
import { recordVerdict, type VerdictRow } from '../journal/queries.ts'
import { type Claim, examine } from '../replay/examine.ts'
import type { Verdict } from '../verdict/verdict.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import type { IndexedResult } from './index-client.ts'

/** Replays one result, judges it and records the verdict. What goes wrong inside is an `undetermined` verdict. */
export async function judge(
  it: Pick<Watch, 'artifacts' | 'pool' | 'journal' | 'log' | 'clock'>,
  { key, result }: Collected,
  signal: AbortSignal,
): Promise<void> {
  const { verdict, ms } = await examine(claimOf(result), it)
  // A Ctrl-C reaches the replaying children too; what it cut off is judged after the restart.
  if (signal.aborted) return
  await recordVerdict(it.journal, { observationKey: key, ...verdictRow(verdict), ms, judgedAt: it.clock() })
  it.log.info({ result: result.id, verdict: verdict.kind, reason: reasonOf(verdict), ms }, 'judged')
}

/** What a replay needs of an indexed result. */
export function claimOf({ model, request, ...result }: IndexedResult): Claim {
  return {
    model: { hash: model.modelHash, uri: model.uri },
    input: { hash: request.inputHash, uri: request.inputUri, data: bytesOrNull(request.input) },
    output: { hash: result.outputHash, uri: result.outputUri, data: bytesOrNull(result.output) },
    // 1e-18 units to a plain ratio: a distance is a float by nature, and this is no money.
    rule: { precision: model.precision, tolerance: Number(model.tolerance) / 1e18 },
  }
}

/** A verdict's sentence for people. */
export function reasonOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'valid':
      return `within tolerance: ${verdict.distance} of ${verdict.tolerance}`
    case 'invalid':
      return `${verdict.evidence.kind} of ${JSON.stringify(verdict.evidence.output)}: ${verdict.evidence.distance} against ${verdict.evidence.tolerance}`
    case 'undetermined':
      return verdict.reason
  }
}

function verdictRow(verdict: Verdict): Omit<VerdictRow, 'observationKey' | 'ms' | 'judgedAt'> {
  const nothing = { output: null, distance: null, tolerance: null, reason: null, evidence: null }
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
  return hex === null ? null : hexToBytes(hex)
}
