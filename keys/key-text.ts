import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { ConfigError } from '../config/config.ts'

/**
 * The account of a private key. No error ever contains any part of the text, nor has it as its cause.
 *
 * @param source the variable that it came from, for the error
 * @throws ConfigError when it is not 32 bytes of hex that make a key
 */
export function accountOfText(text: string, source: string): LocalAccount {
  const trimmed = text.trim()
  const hex = trimmed.startsWith('0x') ? trimmed : `0x${trimmed}`
  if (!/^0x[0-9a-fA-F]{64}$/.test(hex))
    throw new ConfigError(`${source}: is not a private key (64 hex digits, with or without 0x)`)
  try {
    return privateKeyToAccount(hex as `0x${string}`)
  } catch {
    // viem's error would quote the key's value; this one must not.
    throw new ConfigError(`${source}: is 32 bytes of hex, but not a valid secp256k1 private key`)
  }
}
