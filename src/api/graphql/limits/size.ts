/**
 * Bytes that a value takes as JSON, about; stops counting beyond a limit.
 *
 * Strings count by their length: what is not ASCII, or must be escaped, takes more, up to six times.
 */
export function jsonSize(value: unknown, limit: number): number {
  let size = 0
  const open: unknown[] = [value]
  while (open.length > 0 && size <= limit) {
    const next = open.pop()
    if (typeof next === 'string') size += next.length + 2
    else if (Array.isArray(next)) {
      size += next.length + 2
      for (const item of next) open.push(item)
    } else if (typeof next === 'object' && next !== null)
      for (const [key, inner] of Object.entries(next)) {
        size += key.length + 4
        open.push(inner)
      }
    else size += 8
  }
  return size
}
