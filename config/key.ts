import { readFileSync } from 'node:fs'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { ConfigError } from './config.ts'

/**
 * The watcher's account, from `GAINSAY_PRIVATE_KEY_FILE` or `GAINSAY_PRIVATE_KEY`; undefined when neither is set, and
 * then nothing is ever sent. No error and no log ever contains any part of the key.
 *
 * @throws ConfigError when the file cannot be read or does not hold 32 bytes of hex
 */
export function loadAccount(env: Record<string, string | undefined>): LocalAccount | undefined {
  const file = env.GAINSAY_PRIVATE_KEY_FILE
  const source = file ? 'GAINSAY_PRIVATE_KEY_FILE' : 'GAINSAY_PRIVATE_KEY'
  const text = file ? readKeyFile(file) : env.GAINSAY_PRIVATE_KEY?.trim()
  if (!text) return undefined
  const hex = text.startsWith('0x') ? text : `0x${text}`
  if (!/^0x[0-9a-fA-F]{64}$/.test(hex))
    throw new ConfigError(`${source}: is not a private key (64 hex digits, with or without 0x)`)
  try {
    return privateKeyToAccount(hex as `0x${string}`)
  } catch {
    // viem's error would quote the key's value; this one must not.
    throw new ConfigError(`${source}: is 32 bytes of hex, but not a valid secp256k1 private key`)
  }
}

function readKeyFile(path: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text === '') throw new ConfigError('GAINSAY_PRIVATE_KEY_FILE: the file is empty')
    return text
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(
      `GAINSAY_PRIVATE_KEY_FILE: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    )
  }
}
