import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { ConfigError } from '../config/config.ts'

/** No key, keystore or password is longer. */
const MAX_BYTES = 64 * 1024

/**
 * The text of a file that holds a secret, without the line's end: a password may begin or end in a space.
 *
 * @param source the variable that names it; the error says this and never the path's content
 * @throws ConfigError when it cannot be read, is empty, or is far too long to be one
 */
export function readSecretFile(path: string, source: string): string {
  let text: string
  try {
    const file = openSync(path, 'r')
    try {
      const stat = fstatSync(file)
      if (stat.isFile() && stat.size > MAX_BYTES)
        throw new ConfigError(`${source}: the file has ${stat.size} bytes; no such secret is longer than ${MAX_BYTES}`)
      text = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`${source}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
  if (text === '') throw new ConfigError(`${source}: the file is empty`)
  return text
}
