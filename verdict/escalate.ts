import type { NamedTensors } from '../protocol/tensor.ts'
import { type Comparison, compare } from './compare.ts'
import { type Envelope, envelopeOf } from './envelope.ts'
import type { Replayed } from './form.ts'
import type { Rule, Step, Verdict } from './verdict.ts'

/** What came of one replay. */
export type Opinion =
  /** `runtime`: name and version, e.g. `onnxruntime-node 1.30.0`. */
  | { kind: 'ran'; replayed: Replayed; runtime: string }
  /** The replay did not come about. `retryable`: it may well another time. */
  | { kind: 'failed'; reason: string; retryable: boolean }

/** What the posted trace shows, each operator having been run on the node's own inputs. */
export type TraceFinding =
  /** The node has not posted one. */
  | { kind: 'none' }
  /** It cannot be had, or not be run. */
  | { kind: 'unusable'; reason: string; retryable: boolean }
  /** It starts at the request's input, ends in the posted output, and every operator does what it must. */
  | { kind: 'sound'; runtimes: string[] }
  /** It does not; `where` is a sentence that names the place. */
  | { kind: 'broken'; where: string; runtimes: string[] }

/** All that is known of a posted result so far. */
export interface Findings {
  readonly rule: Rule
  readonly posted: NamedTensors
  /** `equal`: its outputs have the hash of those posted, which then need not be at hand */
  readonly first: Opinion | { kind: 'equal'; runtime: string }
  /** Honest variants of the first replay; absent until asked for. */
  readonly variants?: readonly Opinion[]
  readonly second?: Opinion
  readonly trace?: TraceFinding
}

/** Either the matter is settled, or more has to be found out. */
export type Next = { kind: 'settled'; verdict: Verdict } | { kind: 'ask'; what: 'variants' | 'second' | 'trace' }

/**
 * Decides what to do next about a posted result: the escalation, cheapest step first. Pure.
 *
 * | known | next |
 * | --- | --- |
 * | no first replay | undetermined |
 * | the first replay's outputs have the posted hash | valid: by bytes |
 * | the first replay agrees | valid: by bytes, or by distance |
 * | it differs in a whole number of unknown margin, and in nothing else | undetermined |
 * | it differs by a distance | ask the variants |
 * | the difference lies within eight times the envelope of the variants | ask the trace |
 * | it differs beyond that, or in bits or structure | ask the second runtime, in a fresh process |
 * | the second failed | undetermined |
 * | the second agrees with the node, or widens the envelope until it holds the result | ask the trace |
 * | the second differs too | invalid |
 * | trace asked, none there or not usable | undetermined |
 * | the trace is sound | valid |
 * | the trace is broken at some operator | undetermined, naming it |
 *
 * Why `invalid` takes two: the costliest error on record is a watcher that trusted its own single oracle and attacked
 * honest claims (Ink mainnet, 2026). Why a broken trace is not enough: it says that the node cheats, not that the output
 * is out of tolerance, and a challenge is won only by the registered rule.
 */
export function nextStep({ rule, posted, first, variants, second, trace }: Findings): Next {
  if (first.kind === 'failed') return undetermined(null, first, [])
  const runtimes = [first.runtime]
  if (first.kind === 'equal') return valid('bytes', { output: null, distance: 0, tolerance: rule.tolerance }, runtimes)
  const ownView = compare(posted, first.replayed, rule)
  if (ownView.kind === 'incomparable') return undetermined('distance', permanent(ownView.reason), runtimes)
  if (ownView.kind === 'agrees') return valid(ownView.output === null ? 'bytes' : 'distance', ownView, runtimes)
  if (ownView.difference.kind === 'discrete')
    return undetermined(
      'distance',
      permanent(`${label(ownView)} differs, but its margin is unknown: an honest node may differ in a near tie`),
      runtimes,
    )

  const unclear = (step: Step, reason: string, also: string[] = []): Next => {
    const all = [...runtimes, ...also]
    if (!trace) return { kind: 'ask', what: 'trace' }
    if (trace.kind === 'none') return undetermined(step, permanent(reason), all)
    if (trace.kind === 'unusable')
      return undetermined('trace', { ...trace, reason: `${reason}; of the trace, ${trace.reason}` }, all)
    if (trace.kind === 'sound')
      return valid('trace', { output: null, distance: 0, tolerance: rule.tolerance }, [...all, ...trace.runtimes])
    return undetermined('trace', permanent(`${reason}; the trace breaks at ${trace.where}`), [
      ...all,
      ...trace.runtimes,
    ])
  }

  let envelope: Envelope | undefined
  if (isMeasured(ownView)) {
    if (!variants) return { kind: 'ask', what: 'variants' }
    envelope = envelopeOf(first.replayed, ran(variants))
    if (compare(posted, first.replayed, rule, envelope).kind !== 'differs')
      return unclear(
        'envelope',
        `${label(ownView)} is beyond the tolerance, but not beyond what honest machines differ by`,
      )
  }

  if (!second) return { kind: 'ask', what: 'second' }
  if (second.kind === 'failed') {
    const reason = `the result differs from the replay, but there is no second opinion: ${second.reason}`
    return undetermined('second', { ...second, reason }, runtimes)
  }
  if (envelope) envelope = envelopeOf(first.replayed, [...ran(variants ?? []), second.replayed])
  const also = [second.runtime]
  const [mine, theirs] = [
    compare(posted, first.replayed, rule, envelope),
    compare(posted, second.replayed, rule, envelope),
  ]
  if (mine.kind !== 'differs' || theirs.kind !== 'differs')
    return unclear('second', 'the runtimes disagree: one finds the result wrong, the other right or within reach', also)
  // Without an envelope nothing has held the replays against each other yet.
  if (!envelope && compare(second.replayed.outputs, first.replayed, rule).kind !== 'agrees')
    return unclear('second', 'the runtimes disagree: their own outputs are further apart than the rule allows', also)
  if (theirs.difference.kind === 'discrete' || mine.difference.kind === 'discrete')
    return unclear('second', 'the runtimes disagree on which output differs', also)
  return {
    kind: 'settled',
    verdict: { kind: 'invalid', step: 'second', evidence: { ...mine.difference, runtimes: [...runtimes, ...also] } },
  }
}

const ran = (opinions: readonly Opinion[]): Replayed[] =>
  opinions.flatMap((opinion) => (opinion.kind === 'ran' ? [opinion.replayed] : []))

type Differs = Extract<Comparison, { kind: 'differs' }>

/** Whether the difference is one that tolerance and envelope are about, rather than one of bits or structure. */
function isMeasured({ difference: { kind } }: Differs): boolean {
  return kind === 'distance' || kind === 'logit' || kind === 'label'
}

function label({ difference }: Differs): string {
  return `the output ${JSON.stringify(difference.output.slice(0, 80))}`
}

function permanent(reason: string) {
  return { reason, retryable: false }
}

function valid(step: Step, found: { output: string | null; distance: number; tolerance: number }, runtimes: string[]) {
  const { output, distance, tolerance } = found
  return { kind: 'settled', verdict: { kind: 'valid', step, output, distance, tolerance, runtimes } } satisfies Next
}

function undetermined(step: Step | null, why: { reason: string; retryable: boolean }, runtimes: string[]): Next {
  const { reason, retryable } = why
  return { kind: 'settled', verdict: { kind: 'undetermined', step, reason, retryable, runtimes } }
}
