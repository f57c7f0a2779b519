import type { Verdict } from './verdict.ts'

/** A verdict's sentence for people. */
export function reasonOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'valid':
      if (verdict.step === 'bytes') return 'equal bit by bit'
      if (verdict.step === 'trace') return 'the trace is sound'
      return `within tolerance: ${short(verdict.distance)} of ${short(verdict.tolerance)}`
    case 'invalid': {
      const { kind, output, distance, tolerance, envelope } = verdict.evidence
      const among = envelope === null ? '' : `; honest set-ups are ${short(envelope)} apart`
      const name = JSON.stringify(output.slice(0, 80))
      const wanted = tolerance === 0 ? 'equality is asked for' : `${short(tolerance)} is allowed`
      return `${kind} of ${name}: ${distance === null ? 'not the same' : short(distance)}, where ${wanted}${among}`
    }
    case 'undetermined':
      return verdict.reason
  }
}

/** A distance in three digits, for people. */
export function short(distance: number): string {
  return String(Number(distance.toPrecision(3)))
}
