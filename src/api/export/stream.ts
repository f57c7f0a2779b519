/** How long a reader may take to want more, and to have it all, in milliseconds. */
export interface Patience {
  idleMs: number
  totalMs: number
}

/**
 * Text as a stream that makes its next piece when the last one is taken: a slow reader slows it down and fills no memory. It
 * breaks off, so that the reader sees it is not whole, when making a piece fails or the reader is too slow, and ends when the
 * reader goes away.
 *
 * @param end called once, however it ends
 */
export function streamOf(
  pieces: AsyncGenerator<string>,
  { idleMs, totalMs }: Patience,
  end: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let idle: NodeJS.Timeout | undefined
  let total: NodeJS.Timeout | undefined
  let ended = false
  const finish = () => {
    if (ended) return
    ended = true
    clearTimeout(idle)
    clearTimeout(total)
    void pieces.return(undefined).catch(() => {})
    end()
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        total = setTimeout(() => breakOff(controller, 'the export took too long'), totalMs)
        idle = setTimeout(() => breakOff(controller, 'nobody read the export'), idleMs)
      },
      async pull(controller) {
        clearTimeout(idle)
        try {
          const { value, done } = await pieces.next()
          if (ended) return
          if (done) {
            controller.close()
            finish()
            return
          }
          controller.enqueue(encoder.encode(value))
          idle = setTimeout(() => breakOff(controller, 'nobody read the export'), idleMs)
        } catch (error) {
          finish()
          throw error
        }
      },
      cancel: finish,
    },
    { highWaterMark: 0 },
  )

  function breakOff(controller: ReadableStreamDefaultController<Uint8Array>, why: string): void {
    if (ended) return
    finish()
    controller.error(new Error(why))
  }
}
