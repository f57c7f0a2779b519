import { MAX_TERMS } from '../arithmetic/bounds.ts'
import { abs, HUGE } from '../arithmetic/fixed.ts'
import { toFixed } from '../arithmetic/float32.ts'
import type { Line } from './lines.ts'
import type { View } from './view.ts'

/**
 * The exact sum of the float32 numbers of a line, and that of their absolute values. Mirrors `Lines.sum`.
 *
 * @returns undefined where nothing can be said: too many, a NaN or infinity among them, or a sum that may overflow on
 * the way even if its end does not
 */
export function sumOf(view: View, line: Line): { sum: bigint; size: bigint } | undefined {
  if (line.count > MAX_TERMS) return undefined
  let sum = 0n
  let size = 0n
  for (let k = 0; k < line.count; k++) {
    const x = toFixed(view.float(line.at(k)))
    if (x === undefined) return undefined
    sum += x
    size += abs(x)
    if (size >= HUGE) return undefined
  }
  return { sum, size }
}
