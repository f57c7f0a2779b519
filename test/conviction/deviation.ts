import type { Range } from '../../protocol/arithmetic/range.ts'

/**
 * How far a posted number lies from the middle of an interval, in half widths: at most 1 for what is not excluded.
 *
 * @param posted in fixed point with 120 fractional bits
 */
export function deviation({ low, high }: Extract<Range, { kind: 'interval' }>, posted: bigint): number {
  const twice = 2n * posted - low - high
  return Number(((twice < 0n ? -twice : twice) << 40n) / (high - low)) / 2 ** 40
}

/** Half the width of an interval, as a number. */
export function halfWidth({ low, high }: Extract<Range, { kind: 'interval' }>): number {
  return Number(high - low) / 2 ** 121
}

/** The middle of the sorted numbers; NaN of none. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

/** Rows of a Markdown table. */
export function markdown(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** In which group of a report a sum of so many terms is. */
export function sizeOf(terms: number): string {
  if (terms === 0) return 'n of the request'
  const top = [64, 256, 1024].find((most) => terms <= most)
  return top === undefined ? 'n > 1024' : `n ≤ ${top}`
}
