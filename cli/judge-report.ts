import { sameShape } from '../protocol/tensor.ts'
import type { Judgement } from '../replay/judge.ts'
import { histogramOf } from '../verdict/histogram.ts'
import { reasonOf, short } from '../verdict/reason.ts'
import type { ClaimLine } from './claim-line.ts'
import { printable } from './printable.ts'

/** A judged claim, for people: one line when it is valid, the evidence and a histogram of the deviations otherwise. */
export function reportOf(
  { id, posted }: { id: ClaimLine['id'] | null; posted: ClaimLine['posted'] },
  { verdict, replayed }: Judgement,
): string {
  const lines = [
    `${verdict.kind.toUpperCase().padEnd(12)} ${id === null ? '' : `${printable(String(id))}: `}${reasonOf(verdict)}`,
  ]
  if (verdict.kind !== 'invalid') return lines.join('\n')
  const { output, at, runtimes, tolerance, envelope } = verdict.evidence
  const quote = (value: string | null) => value ?? 'nothing'
  lines.push(
    `  output    ${printable(output)}${at === null ? '' : `, element ${at}`}`,
    `  posted    ${quote(verdict.evidence.posted)}`,
    `  replayed  ${quote(verdict.evidence.replayed)}`,
    `  tolerance ${tolerance === 0 ? 'none: equal or wrong' : short(tolerance)}${envelope === null ? '' : `, envelope ${short(envelope)}`}`,
    `  runtimes  ${runtimes.join('; ')}`,
  )
  const [mine, theirs] = [posted.get(output), replayed?.outputs.get(output)]
  if (mine && theirs && sameShape(mine, theirs)) lines.push(...bars(histogramOf(mine, theirs), tolerance, envelope))
  return lines.join('\n')
}

const WIDTH = 40

/** Deviations by decade, with the tolerance and the envelope where they fall. */
function bars(
  { equal, decades, noNumber }: ReturnType<typeof histogramOf>,
  tolerance: number,
  envelope: number | null,
) {
  const rows: [string, number, string][] = [['equal', equal, '']]
  const decadeOf = (value: number | null) => (value ? Math.floor(Math.log10(value)) : undefined)
  for (const [exponent, count] of decades) {
    const marks = [
      decadeOf(tolerance) === exponent ? 'tolerance' : '',
      decadeOf(envelope) === exponent ? 'envelope' : '',
    ]
    rows.push([`1e${exponent}…`, count, marks.filter(Boolean).join(', ')])
  }
  if (noNumber > 0) rows.push(['no number', noNumber, ''])
  const most = Math.max(...rows.map(([, count]) => count))
  return rows.map(
    ([name, count, mark]) =>
      `  ${name.padEnd(9)} ${'█'.repeat(Math.ceil((count / most) * WIDTH)).padEnd(WIDTH)} ${count}${mark ? ` ← ${mark}` : ''}`,
  )
}
