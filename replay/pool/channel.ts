import { readSync, writeSync } from 'node:fs'
import { decodeFrame, encodeFrame, type Frame, frameLength } from './frame.ts'
import { CHANNEL_FD } from './limits.ts'

/** Waits for the pool's next message; undefined when the pool closed the channel. For children only. */
export function readFrame(): Frame | undefined {
  const prefix = new Uint8Array(4)
  if (!fill(prefix)) return undefined
  const bytes = new Uint8Array(frameLength(prefix))
  bytes.set(prefix)
  return fill(bytes.subarray(4)) ? decodeFrame(bytes) : undefined
}

const JOIN_BYTES = 64 * 1024

/** Sends a message to the pool, and waits while the pool is behind. For children only. */
export function writeFrame(frame: Frame): void {
  const pieces = encodeFrame(frame)
  const size = pieces.reduce((sum, { length }) => sum + length, 0)
  // A system call for each small piece, and a reader woken by each, would cost more than to copy them together.
  for (const piece of size <= JOIN_BYTES ? [Buffer.concat(pieces, size)] : pieces)
    for (let at = 0; at < piece.length; ) at += writeSync(CHANNEL_FD, piece, at, piece.length - at)
}

function fill(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(CHANNEL_FD, bytes, at, bytes.length - at, null)
    if (read === 0) return false
    at += read
  }
  return true
}
