import { sameShape, type Tensor } from '../protocol/tensor.ts'
import type { Replayed } from './form.ts'
import { measure } from './measure.ts'

/** How far honest set-ups lie apart on each output; Infinity where they cannot be compared at all. */
export type Envelope = ReadonlyMap<string, number>

/**
 * The envelope of a claim: the largest distance of any honest variant from the canonical replay, output by output, in
 * the same measure as the posted output is judged by. Pure.
 *
 * Where the outputs are labels it is that of their scores: two variants that happen to choose the same label say nothing
 * of how near the choice was.
 *
 * Why: whoever registers a model also chooses the tolerance. One that is tighter than honest machines are alike would
 * make every honest result look wrong, and the watcher's bond the registrant's prize.
 */
export function envelopeOf(canonical: Replayed, variants: readonly Replayed[]): Envelope {
  const envelope = new Map<string, number>()
  for (const [output, reference] of canonical.outputs) {
    const form = canonical.forms.get(output)
    const label = form?.kind === 'label'
    const from = label ? canonical.scores.get(output) : reference
    let widest = 0
    for (const variant of variants) {
      const to = label ? variant.scores.get(output) : variant.outputs.get(output)
      widest = Math.max(widest, apart(from, to, label ? { kind: 'linear' } : form))
    }
    envelope.set(output, widest)
  }
  return envelope
}

function apart(from: Tensor | undefined, to: Tensor | undefined, form: Parameters<typeof measure>[2]): number {
  if (!from || !to || !sameShape(from, to)) return Number.POSITIVE_INFINITY
  const measured = measure(to, from, form, undefined)
  if (!measured) return 0
  // NaN on one side, or whole numbers that differ among honest set-ups.
  return measured.distance === null || Number.isNaN(measured.distance) ? Number.POSITIVE_INFINITY : measured.distance
}
