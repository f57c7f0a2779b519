import type { NamedTensors } from '../protocol/tensor.ts'
import { type Comparison, compare } from './compare.ts'
import type { Rule, Verdict } from './verdict.ts'

/** What one replay says of a posted result. */
export type Opinion =
  | {
      kind: 'compared'
      /** The posted outputs against this replay's. */
      comparison: Comparison
      /** What this replay gave, so that two replays can be held against each other. */
      replayed: NamedTensors
      /** Name and version, e.g. `onnxruntime-node 1.30.0`. */
      runtime: string
    }
  /** The replay did not come about. */
  | { kind: 'failed'; reason: string }

/** Either the matter is settled, or somebody else has to be asked: another runtime, or the same in a new process. */
export type Decision = { kind: 'settled'; verdict: Verdict } | { kind: 'askSecond' }

/**
 * Decides on a result from the opinions so far, the first replay's first. Pure.
 *
 * | first | second | decision |
 * | --- | --- | --- |
 * | none, failed, incomparable | | undetermined |
 * | agrees | | valid |
 * | differs | not asked | ask it |
 * | differs | failed, incomparable | undetermined |
 * | differs | agrees | undetermined: the runtimes disagree |
 * | differs | differs, but the replays differ from each other too | undetermined: the runtimes disagree |
 * | differs | differs, and the replays agree | invalid |
 * | differs in an integer or boolean of an `fp32` model | the same | undetermined: nobody knows the margin |
 *
 * Why `invalid` takes two: the costliest error on record is a watcher that trusted its own single oracle and attacked
 * honest claims (Ink mainnet, 2026). Why the replays must agree with each other by the same rule: where two correct
 * runtimes are further apart than the tolerance, a third one, the node's, may be as far from both and still honest.
 *
 * Why labels of `fp32` models are not enough: an honest GPU may turn a near tie the other way than two CPUs do. Only the
 * margin between the first two candidates tells (twice the tolerance), and it is not in the outputs.
 *
 * A third opinion and later ones are ignored.
 */
export function decide(opinions: readonly Opinion[], rule: Rule): Decision {
  const [first, second] = opinions
  if (!first) return undetermined('no replay was made', [])
  if (first.kind === 'failed') return undetermined(first.reason, [])
  const runtimes = [first.runtime]
  switch (first.comparison.kind) {
    case 'incomparable':
      return undetermined(first.comparison.reason, runtimes)
    case 'agrees': {
      const { output, distance, tolerance } = first.comparison
      return { kind: 'settled', verdict: { kind: 'valid', output, distance, tolerance, runtimes } }
    }
  }

  if (!second) return { kind: 'askSecond' }
  if (second.kind === 'failed')
    return undetermined(
      `the result differs from the replay, but there is no second opinion: ${second.reason}`,
      runtimes,
    )
  runtimes.push(second.runtime)
  if (second.comparison.kind === 'incomparable') return undetermined(second.comparison.reason, runtimes)
  if (second.comparison.kind === 'agrees')
    return undetermined('the runtimes disagree: one replay finds the result wrong, the other right', runtimes)
  if (compare(first.replayed, second.replayed, rule).kind !== 'agrees')
    return undetermined('the runtimes disagree: their own outputs are further apart than the rule allows', runtimes)
  const { difference } = first.comparison
  if (rule.precision === 'fp32' && difference.kind === 'discrete')
    return undetermined(
      `the label ${JSON.stringify(difference.output.slice(0, 80))} differs, but its margin is unknown: an honest node may differ in a near tie`,
      runtimes,
    )
  return {
    kind: 'settled',
    verdict: { kind: 'invalid', evidence: { ...difference, runtimes } },
  }
}

function undetermined(reason: string, runtimes: string[]): Decision {
  return { kind: 'settled', verdict: { kind: 'undetermined', reason, runtimes } }
}
