/**
 * The lines of a stream, without their ends; the last one needs none. A line of more than `most` bytes is given as null:
 * it is read past, not kept.
 */
export async function* linesOf(stream: AsyncIterable<Buffer>, most: number): AsyncGenerator<string | null> {
  let parts: Buffer[] = []
  let size = 0
  const take = (): string | null => {
    const line = size > most ? null : Buffer.concat(parts).toString('utf8')
    parts = []
    size = 0
    return line
  }
  for await (const chunk of stream) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, end))
      from = end + 1
      yield take()
    }
    keep(chunk.subarray(from))
  }
  if (size > 0) yield take()

  function keep(part: Buffer): void {
    size += part.length
    if (size <= most) parts.push(part)
    else parts = []
  }
}
