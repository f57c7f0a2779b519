/** Thrown when what came from the other side is not a frame, or a larger one than is taken. */
export class FrameError extends Error {
  override name = 'FrameError'
}

/** A message between the pool and a child: a JSON header, then blobs of bytes whose sizes the header's envelope gives. */
export interface Frame {
  readonly header: unknown
  readonly blobs: Uint8Array[]
}

/** Largest frame that is taken from a child, in bytes: its outputs are bounded, so a larger one is not honest. */
export const MAX_FRAME_BYTES = 600 * 2 ** 20

const PREFIX = 8

/**
 * Encodes a frame as pieces to write one after the other: u32 length of the whole, u32 length of the JSON, the JSON
 * `[header, sizes of the blobs]`, the blobs. The blobs are not copied.
 *
 * Frames of our own instead of Node's IPC, because that deserializes V8 values: not what a parent should do with bytes
 * of a process that runs a stranger's model, and it knows no limit of size.
 */
export function encodeFrame({ header, blobs }: Frame): Uint8Array[] {
  const json = Buffer.from(JSON.stringify([header, blobs.map((blob) => blob.length)]))
  const total = blobs.reduce((sum, blob) => sum + blob.length, PREFIX + json.length)
  if (total >= 2 ** 32) throw new FrameError(`${total} bytes are too many for one message`)
  const prefix = Buffer.alloc(PREFIX)
  prefix.writeUInt32LE(total, 0)
  prefix.writeUInt32LE(json.length, 4)
  return [Buffer.concat([prefix, json]), ...blobs]
}

/** Length of a whole frame, from its first four bytes. */
export function frameLength(prefix: Uint8Array): number {
  return new DataView(prefix.buffer, prefix.byteOffset).getUint32(0, true)
}

/** @throws FrameError when the bytes are not exactly one frame */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < PREFIX || frameLength(bytes) !== bytes.length) throw new FrameError('its length is wrong')
  const jsonLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true)
  let at = PREFIX + jsonLength
  if (at > bytes.length) throw new FrameError('it ends inside its header')
  let content: unknown
  try {
    content = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + PREFIX, jsonLength).toString())
  } catch (cause) {
    throw new FrameError('its header is not JSON', { cause })
  }
  const [header, sizes] = Array.isArray(content) ? content : []
  if (!Array.isArray(sizes)) throw new FrameError('it does not say how large its parts are')
  const blobs = sizes.map((size: unknown) => {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > bytes.length - at)
      throw new FrameError('the size of a part is wrong')
    at += size
    return bytes.subarray(at - size, at)
  })
  if (at !== bytes.length) throw new FrameError('it holds more than its parts')
  return { header, blobs }
}

/** Puts frames together from the pieces in which a stream delivers them. */
export class FrameReader {
  #chunks: Uint8Array[] = []
  #length = 0
  #wanted: number | undefined

  /**
   * Takes the next piece and gives the frames that it completes.
   *
   * @throws FrameError at the first wrong one; nothing that follows it can be trusted
   */
  push(chunk: Uint8Array): Frame[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    const frames: Frame[] = []
    for (;;) {
      if (this.#wanted === undefined && this.#length >= PREFIX) {
        this.#wanted = frameLength(this.#joined())
        if (this.#wanted < PREFIX || this.#wanted > MAX_FRAME_BYTES)
          throw new FrameError(`it claims to have ${this.#wanted} bytes`)
      }
      // Joined only when it is whole: a large frame comes in many pieces.
      if (this.#wanted === undefined || this.#length < this.#wanted) return frames
      const bytes = this.#joined()
      frames.push(decodeFrame(bytes.subarray(0, this.#wanted)))
      const rest = bytes.subarray(this.#wanted)
      this.#chunks = rest.length > 0 ? [rest] : []
      this.#length = rest.length
      this.#wanted = undefined
    }
  }

  #joined(): Uint8Array {
    const [first] = this.#chunks
    if (this.#chunks.length === 1 && first) return first
    const whole = Buffer.concat(this.#chunks)
    this.#chunks = [whole]
    return whole
  }
}
