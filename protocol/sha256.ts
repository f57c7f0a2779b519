import { createHash } from 'node:crypto'

/** sha256 of bytes as the chain has it: 0x and 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array): `0x${string}` {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
}
