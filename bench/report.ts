/** The middle value (the upper one of two), which one slow run cannot move; null of nothing. */
export function median(values: readonly number[]): number | null {
  return percentile(values, 0.5)
}

/** The value that a share `p` of all values does not exceed; null of nothing. */
export function percentile(values: readonly number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? null
}

/** Columns of text, the first ones to the left and numbers readable below each other. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
