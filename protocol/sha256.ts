import { createHash } from 'node:crypto'

/** sha256 of bytes as the chain has it: 0x and 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array): `0x${string}` {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
}

/** The same of bytes that lie in pieces: to join megabytes takes longer than to hash them. */
export function sha256OfParts(parts: readonly Uint8Array[]): `0x${string}` {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return `0x${hash.digest('hex')}`
}
