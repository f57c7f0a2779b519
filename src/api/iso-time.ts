/** A Unix second of the chain as ISO 8601; one beyond what dates can be, as its number. */
export function isoTime(seconds: bigint | string): string {
  const date = new Date(Number(seconds) * 1000)
  return Number.isNaN(date.valueOf()) ? String(seconds) : date.toISOString()
}
