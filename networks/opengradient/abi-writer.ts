/** Where ABI-encoded words go. */
export interface Sink {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** A value whose size is known before it is written. `size` in bytes, a multiple of 32. */
export interface Dynamic {
  readonly size: number
  write(sink: Sink, at: number): void
}

const WORD = 32
const utf8 = new TextEncoder()

/**
 * Writes the ABI encoding of one dynamic value, as `abi.encode` gives it.
 *
 * Of our own, since viem makes hexadecimal text of every word first: an event of ten megabytes would stop the index for
 * seconds, and what is too long to keep need not be written at all. Tests hold it against viem.
 */
export function encoded(value: Dynamic): Uint8Array {
  const bytes = new Uint8Array(WORD + value.size)
  const sink = { bytes, view: new DataView(bytes.buffer) }
  writeLength(sink, 0, WORD)
  value.write(sink, WORD)
  return bytes
}

/** A `string`. */
export function text(value: string): Dynamic {
  const content = utf8.encode(value)
  return {
    size: WORD + WORD * Math.ceil(content.length / WORD),
    write(sink, at) {
      writeLength(sink, at, content.length)
      sink.bytes.set(content, at + WORD)
    },
  }
}

/** A tuple of dynamic values, and of flags. */
export function tuple(fields: readonly (Dynamic | boolean)[]): Dynamic {
  let size = 0
  for (const field of fields) size += WORD + (typeof field === 'boolean' ? 0 : field.size)
  return {
    size,
    write(sink, at) {
      let tail = WORD * fields.length
      for (const [index, field] of fields.entries()) {
        if (typeof field === 'boolean') {
          writeLength(sink, at + WORD * index, field ? 1 : 0)
          continue
        }
        writeLength(sink, at + WORD * index, tail)
        field.write(sink, at + tail)
        tail += field.size
      }
    },
  }
}

/** A list of dynamic values. */
export function list(items: readonly Dynamic[]): Dynamic {
  const content = tuple(items)
  return {
    size: WORD + content.size,
    write(sink, at) {
      writeLength(sink, at, items.length)
      content.write(sink, at + WORD)
    },
  }
}

/** A list of items of some words each, e.g. `uint32[]`. */
export function words(rows: number, wordsOfRow: number, at: (row: number, word: number) => bigint): Dynamic {
  return {
    size: WORD + WORD * rows * wordsOfRow,
    write(sink, start) {
      writeLength(sink, start, rows)
      let position = start + WORD
      for (let row = 0; row < rows; row++)
        for (let word = 0; word < wordsOfRow; word++, position += WORD) writeInteger(sink, position, at(row, word))
    },
  }
}

function writeLength({ view }: Sink, at: number, value: number): void {
  view.setUint32(at + 24, Math.floor(value / 2 ** 32))
  view.setUint32(at + 28, value % 2 ** 32)
}

/** In two's complement; of 128 bits. */
function writeInteger({ bytes, view }: Sink, at: number, value: bigint): void {
  if (value < 0n) bytes.fill(0xff, at, at + 16)
  view.setBigUint64(at + 16, BigInt.asUintN(64, value >> 64n))
  view.setBigUint64(at + 24, BigInt.asUintN(64, value))
}
