import { type Hex, hexToBytes } from 'viem'

/**
 * The Walrus blob id that a settlement names, in its canonical spelling of 43 base64url characters. OpenGradient's
 * facilitator writes the text's own bytes; the 32 bytes that it stands for are understood as well.
 *
 * @returns null when it is neither
 */
export function blobIdOf(walrusBlobId: Hex): string | null {
  const bytes = Buffer.from(hexToBytes(walrusBlobId))
  if (bytes.length === 32) return bytes.toString('base64url')
  const text = bytes.toString('latin1')
  // The last of the 43 characters holds 4 bits: only the canonical spelling names anything.
  const isId = /^[\w-]{43}$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text
  return isId ? text : null
}
